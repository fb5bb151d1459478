import type { Redis } from 'ioredis';
import { luaScript, runScript } from '../../runtime/redis/lua.ts';
import { keys } from '../../schemas/keys.ts';
import { bullmq, type Contestant } from './contestants/contestant.ts';
import { planId, type Workload } from './workloads/workload.ts';

const PAGE = 2000;

/** How many values of a field the entries of a stream have, all told and different ones: counted by the server, which sends none of them. */
const COUNT_VALUES = luaScript('benchCountValues', new URL('./count-values.lua', import.meta.url));

/** Throws unless every one of `count` messages has its outcome exactly once and nothing is left over. */
export async function checkDelivery(
  redis: Redis,
  contestant: Contestant,
  workload: Workload,
  count: number,
): Promise<void> {
  const say = (what: string, got: number) => {
    if (got !== count) throw new Error(`${contestant} ${workload.gate}: expected ${count} ${what}, got ${got}`);
  };
  const each = async (stream: string, field: string) => {
    say(`entries of ${stream}`, await redis.xlen(stream));
    say(`entries of ${stream} of another ${field} each`, await different(redis, stream, field));
  };
  if (contestant === 'bullmq') {
    const field = workload.jobWritesAll || workload.outputs.length === 0 ? 'job' : workload.idField;
    await each(bullmq.output, field);
    return;
  }
  const [pending] = (await redis.xpending(workload.stream, workload.group)) as [number];
  say('entries finished', count - pending);
  for (const output of workload.outputs) await each(output, workload.idField);
  if (workload.outputs.length === 0) say('plans that can be looked up', await lookups(redis, workload, count));
  say('entries without a dead letter', count - (await redis.xlen(`${workload.stream}.dlq`)));
  if (workload.next !== undefined) await checkDelivery(redis, contestant, workload.next, count);
}

async function different(redis: Redis, stream: string, field: string): Promise<number> {
  return (await runScript(redis, COUNT_VALUES, [stream], [field])) as number;
}

async function lookups(redis: Redis, { portfolio }: Workload, count: number): Promise<number> {
  let found = 0;
  for (let from = 0; from < count; from += PAGE) {
    const length = Math.min(PAGE, count - from);
    const names = Array.from({ length }, (_, at) => portfolio.key(keys.heatByPlan(planId(from + at))));
    found += await redis.exists(...names);
  }
  return found;
}
