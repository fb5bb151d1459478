import { setTimeout as pause } from 'node:timers/promises';
import { Crew } from './crew.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import type { BenchServer } from './server.ts';

const PORTFOLIOS = [1, 10, 50, 200];
const QUICK = [1, 50];
/** What a start leaves to be done, and code that is compiled meanwhile. */
const SETTLE_MS = 15_000;
const WATCH_MS = 20_000;
const BYTES_A_MB = 1e6;

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
}

/** Starts all gates, schedules included, on a growing number of portfolios, and looks at what they cost while nothing comes. */
export async function measureIdle(
  server: BenchServer,
  { positions, quick }: Pick<Options, 'positions' | 'quick'>,
  say: Say,
): Promise<IdleRow[]> {
  const rows: IdleRow[] = [];
  const counts = quick ? QUICK : PORTFOLIOS;
  for (const portfolios of counts) {
    await server.clear();
    const spec = { contestant: 'portcullis', gate: 'heat-gate', positions, url: server.url, portfolios } as const;
    const crew = await Crew.start({ ...spec, idle: true });
    try {
      const row = await watched(server, crew, portfolios);
      rows.push(row);
      say(`${portfolios} portfolios, ${row.connections} connections`, rows.length, counts.length);
      await crew.rest();
    } finally {
      await crew.stop();
    }
  }
  return rows;
}

async function watched(server: BenchServer, crew: Crew, portfolios: number): Promise<IdleRow> {
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
