import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { luaScript, runScript } from '../../runtime/redis/lua.ts';
import { connectTo } from './system.ts';

const TICK = luaScript('portcullisTickBefore', new URL('./tick-before.lua', import.meta.url));
const KEPT_MS = 150_000;

/** Makes a tick of the clock gate (due at Unix ms) as a release before does, each by itself. */
export async function tickedBefore(redis: Redis, fund: string, dueMs: number): Promise<void> {
  const keys = [`${fund}:portcullis:made:clock`, `${fund}:stream:tick.clock`, `${fund}:portcullis:last_tick`];
  await runScript(redis, TICK, keys, [KEPT_MS, 'clock', dueMs, 'tick_id', dueMs, 'scheduled_ms', dueMs]);
}

/** A worker of a release before, with its queue. */
export interface WorkerBefore {
  readonly queue: Queue;
  /** Ends the worker as one that is killed ends, and leaves its queue as it is. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** What a release before runs that serves one portfolio: a queue with a schedule of the clock gate, and a worker. */
export function ownBefore(url: string, fund: string, every: number): Promise<WorkerBefore> {
  const schedule = { id: 'every-clock', every, data: { handler: 'clock' } };
  return workerBefore(url, { prefix: `${fund}:bull`, name: 'portcullis', fund }, [schedule]);
}

/** The same for several: one queue with a schedule for each, among the keys of the first. It goes on from the last ticks. */
export async function sharedBefore(url: string, funds: readonly string[], every: number): Promise<WorkerBefore> {
  const [first = ''] = funds.toSorted();
  const connection = connectTo(url);
  const schedules = funds.map(async (fund) => {
    await connection.sadd(`${fund}:portcullis:queues`, `${first}:bull portcullis-shared`);
    await connection.hsetnx(`${fund}:portcullis:last_tick`, 'first:clock', Date.now() + 100);
    const [last, from] = await connection.hmget(`${fund}:portcullis:last_tick`, 'clock', 'first:clock');
    const offset = ((Number(last ?? from) - 1) % every) + 1;
    return { id: `every-clock-${fund}`, every, offset, data: { portfolio: fund, handler: 'clock' } };
  });
  const set = await Promise.all(schedules);
  connection.disconnect();
  return workerBefore(url, { prefix: `${first}:bull`, name: 'portcullis-shared', fund: first }, set);
}

interface Schedule {
  readonly id: string;
  readonly every: number;
  readonly offset?: number;
  readonly data: { readonly portfolio?: string; readonly handler: string };
}

async function workerBefore(
  url: string,
  { prefix, name, fund }: { readonly prefix: string; readonly name: string; readonly fund: string },
  schedules: readonly Schedule[],
): Promise<WorkerBefore> {
  const connection = connectTo(url);
  const where = { connection, prefix };
  const queue = new Queue(name, where);
  const tick = async ({ id = '', data }: Job) => {
    await tickedBefore(connection, data.portfolio ?? fund, Number(id.split(':').at(-1)));
  };
  const worker = new Worker(name, tick, where);
  for (const { id, data, ...repeat } of schedules) {
    await queue.upsertJobScheduler(id, repeat, { name: data.handler, data });
  }
  const kill = () => worker.close(true);
  const stop = async () => {
    await worker.close(true);
    await queue.close();
    connection.disconnect();
  };
  return { queue, kill, stop };
}
