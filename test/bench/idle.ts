import { setTimeout as pause } from 'node:timers/promises';
import { Crew } from './crew.ts';
import { sentThrough } from './latency.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import type { BenchServer } from './server.ts';

const PORTFOLIOS = [1, 10, 50, 200, 1_000];
const QUICK = [1, 50];
/** What one portfolio is sent, a second, while nothing is said on the others, and for how long. */
const BUSY = { perSecond: 100, seconds: 10, quickSeconds: 3 };
/** What a start leaves to be done, and code that is compiled meanwhile. */
const SETTLE_MS = 15_000;
const WATCH_MS = 20_000;
const BYTES_A_MB = 1e6;
const BYTES_A_KB = 1e3;

/** What one process costs that serves so many portfolios on which nothing happens but schedules. */
export interface IdleRow {
  readonly portfolios: number;
  readonly start_s: number;
  readonly connections: number;
  /** Percent of a processor, of the process and of Redis, for each portfolio. */
  readonly node_percent: number;
  readonly redis_percent: number;
  /** Those inside scripts included, for each portfolio. */
  readonly commands_per_second: number;
  readonly rss_mb: number;
  /** What `/metrics` has, where figures are summed beyond 50 portfolios, and how long the process takes to write it. */
  readonly metrics_kb: number;
  readonly metrics_ms: number;
  /** From a proposal to its output on one portfolio, at 100 a second, while the others are idle. */
  readonly busy_p50_ms: number;
  readonly busy_p99_ms: number;
}

/** Starts all gates, schedules included, on a growing number of portfolios, and looks at what they cost while nothing comes. */
export async function measureIdle(
  server: BenchServer,
  { positions, quick, portfolios: chosen }: Pick<Options, 'positions' | 'quick' | 'portfolios'>,
  say: Say,
): Promise<IdleRow[]> {
  const rows: IdleRow[] = [];
  const counts = chosen ?? (quick ? QUICK : PORTFOLIOS);
  const seconds = quick ? BUSY.quickSeconds : BUSY.seconds;
  for (const portfolios of counts) {
    await server.clear();
    const spec = { contestant: 'portcullis', gate: 'heat-gate', positions, url: server.url, portfolios } as const;
    const crew = await Crew.start({ ...spec, idle: true });
    try {
      const idle = await watched(server, crew, portfolios);
      const row = { ...idle, ...(await exposed(crew)), ...(await busy(server, crew, seconds)) };
      rows.push(row);
      say(
        `${portfolios} portfolios, ${row.connections} connections, start ${row.start_s.toFixed(1)} s`,
        rows.length,
        counts.length,
      );
      await crew.rest();
    } finally {
      await crew.stop();
    }
  }
  return rows;
}

async function exposed(crew: Crew): Promise<Pick<IdleRow, 'metrics_kb' | 'metrics_ms'>> {
  const { bytes, ms } = await crew.exposition();
  return { metrics_kb: bytes / BYTES_A_KB, metrics_ms: ms };
}

/** One portfolio is sent proposals; the first of them, which wake it, are not counted. */
async function busy(
  server: BenchServer,
  crew: Crew,
  seconds: number,
): Promise<Pick<IdleRow, 'busy_p50_ms' | 'busy_p99_ms'>> {
  const [workload] = crew.workloads;
  await workload.seed(server.redis);
  const { perSecond } = BUSY;
  const { positions } = crew.spec;
  const { p50, p99 } = await sentThrough(server, workload, { positions, perSecond, count: perSecond * seconds });
  return { busy_p50_ms: p50, busy_p99_ms: p99 };
}

type Watched = Omit<IdleRow, 'metrics_kb' | 'metrics_ms' | 'busy_p50_ms' | 'busy_p99_ms'>;

async function watched(server: BenchServer, crew: Crew, portfolios: number): Promise<Watched> {
  const others = await numberIn(server, 'clients', 'connected_clients');
  const beganMs = performance.now();
  await crew.go();
  const start_s = (performance.now() - beganMs) / 1000;
  await pause(SETTLE_MS);
  const before = await lookedAt(server, crew);
  await pause(WATCH_MS);
  const after = await lookedAt(server, crew);
  const each = (name: 'nodeUs' | 'redisUs' | 'commands') =>
    (after[name] - before[name]) / (after.atMs - before.atMs) / portfolios;
  return {
    portfolios,
    start_s,
    connections: (await numberIn(server, 'clients', 'connected_clients')) - others,
    node_percent: each('nodeUs') / 10,
    redis_percent: each('redisUs') / 10,
    commands_per_second: each('commands') * 1000,
    rss_mb: after.rssBytes / BYTES_A_MB,
  };
}

async function lookedAt(server: BenchServer, crew: Crew) {
  const [{ cpuUs, rssBytes }, redisUs] = await Promise.all([crew.usage(), server.cpuUs()]);
  const stats = await server.redis.info('commandstats');
  const calls = [...stats.matchAll(/calls=(\d+)/g)].map(([, count]) => Number(count));
  const commands = calls.reduce((sum, count) => sum + count, 0);
  return { atMs: performance.now(), nodeUs: cpuUs, redisUs, commands, rssBytes };
}

async function numberIn(server: BenchServer, section: string, name: string): Promise<number> {
  return Number(new RegExp(`${name}:(\\d+)`).exec(await server.redis.info(section))?.[1]);
}
