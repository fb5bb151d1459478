import type { Redis } from 'ioredis';
import { keys } from '../../schemas/keys.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { bullmq, type Contestant } from './contestants/contestant.ts';
import { planId, type Workload } from './workloads/workload.ts';
import { own } from './workloads/world.ts';

const PAGE = 2000;

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
  if (contestant === 'bullmq') {
    const field = workload.jobWritesAll || workload.outputs.length === 0 ? 'job' : workload.idField;
    say('entries', await redis.xlen(bullmq.output));
    say(`entries of another ${field} each`, await distinct(redis, bullmq.output, field));
    return;
  }
  const [pending] = (await redis.xpending(workload.stream, workload.group)) as [number];
  say('entries finished', count - pending);
  for (const output of workload.outputs) say(`entries of ${output}`, await redis.xlen(output));
  const [first] = workload.outputs;
  if (first === undefined) say('plans that can be looked up', await lookups(redis, count));
  else say(`entries of another ${workload.idField} each`, await distinct(redis, first, workload.idField));
  say('entries without a dead letter', count - (await redis.xlen(`${workload.stream}.dlq`)));
}

async function distinct(redis: Redis, stream: string, field: string): Promise<number> {
  const seen = new Set<string>();
  for (let from = '-'; ; ) {
    const page = await redis.xrange(stream, from, '+', 'COUNT', PAGE);
    for (const [, flat] of page) seen.add(fieldsOf(flat)[field] ?? '');
    const last = page.at(-1)?.[0];
    if (last === undefined || page.length < PAGE) return seen.size;
    from = `(${last}`;
  }
}

async function lookups(redis: Redis, count: number): Promise<number> {
  let found = 0;
  for (let from = 0; from < count; from += PAGE) {
    const length = Math.min(PAGE, count - from);
    const names = Array.from({ length }, (_, at) => own(keys.heatByPlan(planId(from + at))));
    found += await redis.exists(...names);
  }
  return found;
}
