import type { Redis } from 'ioredis';
import { until } from './redis.ts';
import { entriesOf } from './system.ts';

/** Writes entries with the field `n` to the input of a test gate; returns their ids. */
export async function feed(redis: Redis, values: readonly string[], gate = 'echo'): Promise<string[]> {
  const pipeline = redis.pipeline();
  for (const n of values) pipeline.xadd(`quantum:stream:${gate}.in`, '*', 'n', n);
  return ((await pipeline.exec()) ?? []).map(([, id]) => String(id));
}

/** `count` values, each another one. */
export function numbers(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, at) => String(from + at));
}

/** The `n` and `verdict` of every entry that a test gate put out, in order. */
export async function judged(redis: Redis, gate = 'echo'): Promise<{ n: string; verdict: string; id: string }[]> {
  const entries = await entriesOf(redis, `quantum:stream:${gate}.out`);
  return entries.map(({ fields }) => ({
    n: fields.n ?? '',
    verdict: fields.verdict ?? '',
    id: fields.source_id ?? '',
  }));
}

/** Waits until a test gate has put out `count` entries, and returns their `n` in order. */
export async function judgedAll(redis: Redis, count: number, gate = 'echo'): Promise<string[]> {
  await until(`${count} outcomes of ${gate}`, async () => (await redis.xlen(`quantum:stream:${gate}.out`)) >= count);
  return (await judged(redis, gate)).map(({ n }) => n);
}

/** The dead letters of a test gate. */
export async function deadLettersOf(redis: Redis, gate = 'echo') {
  return await entriesOf(redis, `quantum:stream:${gate}.in.dlq`);
}

/** How many entries of a test gate's input are delivered and not finished. */
export async function pendingOf(redis: Redis, gate = 'echo'): Promise<number> {
  return Number(((await redis.xpending(`quantum:stream:${gate}.in`, gate)) as [number])[0]);
}

/** Keeps an entry of the echo gate with the consumer `busy`, as fresh as if it had just been given it, until the end. */
export function keepBusy(redis: Redis, id: string): { end(): void } {
  const stream = 'quantum:stream:echo.in';
  const refresh = () => void redis.xclaim(stream, 'echo', 'busy', 0, id, 'IDLE', 0, 'JUSTID').catch(() => undefined);
  const timer = setInterval(refresh, 500);
  return { end: () => clearInterval(timer) };
}
