import { Redis } from 'ioredis';
import { fieldsOf } from '../../schemas/wire.ts';
import { fill } from './backlog.ts';
import { Crew } from './crew.ts';
import { startDelay } from './delay.ts';
import { checkDelivery } from './delivery.ts';
import type { Say } from './progress.ts';
import { sampleAt } from './round.ts';
import { nowMs, type SenderData, startSender } from './sender.ts';
import type { BenchServer } from './server.ts';
import { percentile, ratioOf, type Spread, spreadOf } from './statistics.ts';
import type { Workload } from './workloads/workload.ts';

const HEAD = 0.1;
const READ_COUNT = 1000;
const BLOCK_MS = 500;
const GIVE_UP_MS = 20_000;
/** A backlog warms what is done for a message; what is done for a read only becomes warm by many reads. */
const WARM_UP = { perSecond: 1000, count: 1000 };
/** The last output this late says that the gate did not keep up with the rate. */
const KEPT_UP_MS = 1000;

/** Whose latency is measured, in turn at each rate: what the bare loop shows too is of the machine. */
const CONTESTANTS = ['portcullis', 'bare_loop'] as const;

/** Milliseconds from the moment at which a message was due to be added to its output being read, at one rate. */
export interface Latency {
  readonly who: (typeof CONTESTANTS)[number];
  readonly per_second: number;
  /** Delay of every answer of Redis to the gate. */
  readonly added_delay_ms: number;
  readonly messages: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Whether the last output came within a second of its message. */
  readonly kept_up: boolean;
  /** What a PING took meanwhile on the delayed way: shows that the proxy itself was not busy. */
  readonly ping_p50_ms?: number;
  readonly ping_p99_ms?: number;
  /** Over those of the bare loop at the same rate, round by round. */
  readonly p50_vs_bare_loop?: Spread;
  readonly p99_vs_bare_loop?: Spread;
}

/** How latency is measured. */
export interface LatencyPlan {
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly positions: number;
  readonly delayMs: number;
  /** Rounds at the rates that have an aim; 1 at others. */
  readonly rounds: number;
}

/** Rates at which an aim is stated, with no delay. */
const AIMED: ReadonlySet<number> = new Set([500, 5000]);

/** Latency of the heat gate and of the bare loop beside it at several rates, open loop: the sender keeps its pace whatever comes back. */
export async function measureLatency(
  server: BenchServer,
  { rates, seconds, positions, delayMs, rounds }: LatencyPlan,
  say: Say,
): Promise<Latency[]> {
  const delay = delayMs === 0 ? undefined : await startDelay(server.port, delayMs);
  const url = delay?.url ?? server.url;
  const crews: Crew[] = [];
  const found: Latency[] = [];
  try {
    for (const contestant of CONTESTANTS) {
      const crew = await Crew.start({ contestant, gate: 'heat-gate', positions, url });
      crews.push(crew);
      await warmUp(server, crew);
      await latencyAt(server, crew, WARM_UP.perSecond, WARM_UP.count);
    }
    const turns = rates.flatMap((perSecond) => {
      const times = delayMs === 0 && AIMED.has(perSecond) ? rounds : 1;
      return Array.from({ length: times }, () => CONTESTANTS.map((who, at) => ({ perSecond, who, at }))).flat();
    });
    for (const [number, { perSecond, who, at }] of turns.entries()) {
      const ended = new AbortController();
      const pings = delay?.pings(ended.signal);
      const count = Math.ceil(perSecond * seconds);
      const latency = await latencyAt(server, crews[at] as Crew, perSecond, count).finally(() => ended.abort());
      found.push({ who, per_second: perSecond, added_delay_ms: delayMs, ...latency, ...(await pings) });
      const { p50, p99 } = latency;
      const said = `${who} at ${perSecond} a second: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
      say(said, number + 1, turns.length);
    }
    return rates.flatMap((perSecond) => atRate(found.filter((one) => one.per_second === perSecond)));
  } finally {
    await Promise.all(crews.map((crew) => crew.stop()));
    await delay?.stop();
  }
}

/** The rounds at one rate as a row of each contestant: medians, and what the gate's are to the bare loop's. */
export function atRate(rounds: readonly Latency[]): Latency[] {
  const [ours, bare] = CONTESTANTS.map((who) => rounds.filter((one) => one.who === who));
  const rows = [ours, bare].map((own = []) => {
    const [first] = own;
    if (first === undefined) throw new Error('latency: expected a round of each contestant');
    const median = (of: (one: Latency) => number) => spreadOf(own.map(of)).median;
    const figures = { p50: median(({ p50 }) => p50), p99: median(({ p99 }) => p99), p999: median(({ p999 }) => p999) };
    const max = Math.max(...own.map((one) => one.max));
    return { ...first, ...figures, max, kept_up: own.every(({ kept_up }) => kept_up) };
  });
  const over = (of: (one: Latency) => number) => ratioOf((ours ?? []).map(of), (bare ?? []).map(of));
  const [gate, loop] = rows as [Latency, Latency];
  return [{ ...gate, p50_vs_bare_loop: over(({ p50 }) => p50), p99_vs_bare_loop: over(({ p99 }) => p99) }, loop];
}

async function warmUp(server: BenchServer, crew: Crew): Promise<void> {
  const [workload] = crew.workloads;
  await server.clear();
  await workload.seed(server.redis);
  await fill(server, crew.spec.contestant, crew.workloads, { from: 0, to: workload.warmUp });
  await crew.go();
  await sampleAt(server, crew, workload.warmUp);
  await crew.rest();
}

/** What came of messages that were sent at a rate. */
export type Percentiles = Pick<Latency, 'messages' | 'p50' | 'p99' | 'p999' | 'max' | 'kept_up'>;

async function latencyAt(server: BenchServer, crew: Crew, perSecond: number, count: number): Promise<Percentiles> {
  const [workload] = crew.workloads;
  await server.clear();
  await workload.seed(server.redis);
  await crew.go();
  const found = await sentThrough(server, workload, { positions: crew.spec.positions, perSecond, count });
  await sampleAt(server, crew, count);
  await checkDelivery(server.redis, crew.spec.contestant, workload, count);
  await crew.rest();
  return found;
}

/** Sends messages to a heat gate that runs, at a rate, and follows its outputs until all are there. */
export async function sentThrough(
  server: BenchServer,
  workload: Workload,
  { positions, perSecond, count }: Omit<SenderData, 'url'>,
): Promise<Percentiles> {
  const tail = new Redis(server.url);
  const sender = await startSender({ url: server.url, positions, perSecond, count });
  try {
    const startMs = sender.begin();
    const seenMs = await Promise.race([sender.failed, follow(tail, workload, count)]);
    return latencyOf(seenMs, startMs, perSecond);
  } finally {
    tail.disconnect();
    await sender.stop();
  }
}

/**
 * Latencies from the times at which the outputs were seen. They count from when a message was due, not from when it was
 * sent: otherwise a sender that is held up would hide the wait of every message behind it (coordinated omission).
 */
export function latencyOf(seenMs: Float64Array, startMs: number, perSecond: number): Percentiles {
  const latencies = seenMs.map((atMs, index) => atMs - startMs - (index * 1000) / perSecond);
  const last = latencies.at(-1) ?? Number.NaN;
  const sorted = [...latencies.subarray(Math.ceil(latencies.length * HEAD)).sort()];
  const at = (percent: number) => percentile(sorted, percent);
  const figures = { p50: at(50), p99: at(99), p999: at(99.9), max: at(100) };
  return { messages: sorted.length, ...figures, kept_up: last < KEPT_UP_MS };
}

/** When the output of each message was seen, by number of the message. */
async function follow(redis: Redis, { outputs }: Workload, count: number): Promise<Float64Array> {
  const seenMs = new Float64Array(count);
  const [output = ''] = outputs;
  let last = '0-0';
  let lastMs = nowMs();
  for (let seen = 0; seen < count; ) {
    const reply = await redis.xread('COUNT', READ_COUNT, 'BLOCK', BLOCK_MS, 'STREAMS', output, last);
    const atMs = nowMs();
    const entries = reply?.[0]?.[1] ?? [];
    if (entries.length > 0) lastMs = atMs;
    if (atMs - lastMs > GIVE_UP_MS) throw new Error(`latency: ${seen} of ${count} outputs, then no more`);
    for (const [id, flat] of entries) {
      seenMs[Number.parseInt(fieldsOf(flat).plan_id ?? '', 16)] = atMs;
      last = id;
      seen += 1;
    }
  }
  return seenMs;
}
