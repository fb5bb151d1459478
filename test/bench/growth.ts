import { fillStream } from './backlog.ts';
import type { BenchServer } from './server.ts';
import { measureRound, type Round } from './throughput.ts';
import { workloadOf } from './workloads/index.ts';
import { type GateName, planId, type Workload } from './workloads/workload.ts';

const COUNTS = { warmUp: 3000, counted: 12_000 };
const POSITIONS = [10, 100, 1000, 10_000];
const ENTRIES = [1000, 10_000, 100_000, 1_000_000];
const WORKERS = [1, 2, 4];
const OLD_ENTRIES_FROM = 1_000_000_000;

/** A round at one size of what grows. */
export interface Growth {
  readonly what: 'positions' | 'entries' | 'workers';
  readonly gate: GateName;
  readonly size: number;
  readonly per_second: number;
  readonly node_us: number;
  readonly redis_us: number;
}

/** The cost of a message as the book, the stream and the number of workers grow. */
export async function measureGrowth(
  server: BenchServer,
  positions: number,
  say: (line: string) => void,
): Promise<Growth[]> {
  const found: Growth[] = [];
  const note = (what: Growth['what'], gate: GateName, size: number, round: Round) => {
    found.push({ what, gate, size, per_second: round.perSecond, node_us: round.nodeUs, redis_us: round.redisUs });
    say(`${gate} with ${size} ${what}: ${Math.round(round.perSecond)}/s, Node ${round.nodeUs.toFixed(1)} µs`);
  };
  const spec = { contestant: 'portcullis', ...COUNTS } as const;
  for (const size of POSITIONS) {
    const workload = workloadOf('heat-gate', size);
    note('positions', 'heat-gate', size, await measureRound(server, { ...spec, workload, positions: size }));
  }
  for (const size of ENTRIES) {
    const workload = workloadOf('heat-gate', positions);
    const before = () => finishedEntries(server, workload, size);
    note('entries', 'heat-gate', size, await measureRound(server, { ...spec, workload, positions, before }));
  }
  for (const gate of ['heat-gate', 'governor'] as const) {
    for (const workers of WORKERS) {
      const workload = workloadOf(gate, positions);
      note('workers', gate, workers, await measureRound(server, { ...spec, workload, positions, workers }));
    }
  }
  return found;
}

/** Entries that the group has behind it, as after days of trading. */
async function finishedEntries(server: BenchServer, workload: Workload, count: number): Promise<void> {
  const { redis } = server;
  const old = {
    ...workload,
    entry: (index: number) => ['plan_id', planId(OLD_ENTRIES_FROM + index), 'symbol', 'OLDUSDT'],
  };
  await fillStream(redis, old, 0, count);
  await redis.xgroup('CREATE', workload.stream, workload.group, '$', 'ENTRIESREAD', String(count));
}
