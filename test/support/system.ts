import { Redis } from 'ioredis';
import { pino } from 'pino';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { type HostedRuntime, type RuntimeOptions, startRuntime } from '../../runtime/engine/host/runtime.ts';
import { type Feeds, startFeeds } from '../../runtime/market/feeds/index.ts';
import { COMPANIONS } from '../../runtime/process/companions.ts';
import { addressOf, type RedisAddress, workerConnection } from '../../runtime/redis/connection/address.ts';
import { handlersToRun, loadSettings } from '../../runtime/settings/load.ts';
import { type Portfolio, portfolioNamed } from '../../runtime/settings/portfolio.ts';
import { readSeveralServers } from '../../runtime/settings/several-servers.ts';
import { type Fields, fieldsOf } from '../../schemas/wire.ts';
import { type TestRedis, until } from './redis.ts';

const addresses = new Map<string, RedisAddress>();

/** A runtime on a test's Redis, with what a test wants to say and see. */
export interface TestSystem {
  readonly runtime: HostedRuntime;
  readonly feeds: Feeds;
  /** What the runtime was started with. */
  readonly options: RuntimeOptions;
  readonly portfolio: Portfolio;
  /** The lines logged so far. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

/** What a test's runtime is started with. */
export interface SystemOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly handlers?: readonly AnyHandler[];
  readonly portfolio?: Portfolio;
  /** Several portfolios instead. */
  readonly portfolios?: readonly Portfolio[];
  readonly schedules?: boolean;
  readonly workerName?: string;
  /** What runs beside the lanes, besides what runs in every process. */
  readonly companions?: RuntimeOptions['companions'];
  /** The engine's waits; `QUICK` where nothing is said. */
  readonly timings?: RuntimeOptions['timings'] | undefined;
}

/** No test asks an exchange but one of its own: without the address of one nothing is collected. */
const NOT_COLLECTING: Feeds = { problems: () => [], stop: async () => undefined };

/**
 * Waits that keep a test short, unless it says otherwise. Leases hold as long as ever: a busy machine must not lose one.
 * Each of the mechanisms is tried on the product's own times (`test/slow/true-times.test.ts`).
 */
export const QUICK = {
  claimEveryMs: 200,
  maintenanceMs: 250,
  stalledMs: 1_000,
  drainMs: 2_000,
  activationLookMs: 200,
} as const satisfies RuntimeOptions['timings'];

/** Starts the runtime on a test's Redis. `env` is the environment it is started with; no HTTP. */
export async function startSystem(redis: Pick<TestRedis, 'url'>, options: SystemOptions = {}): Promise<TestSystem> {
  const found = options.handlers ?? (await loadHandlers());
  const settings = loadSettings({ PATH: process.env.PATH, ...options.env }, found);
  const lines: string[] = [];
  const log = pino({ level: 'debug', base: null }, { write: (line: string) => void lines.push(line) });
  const portfolio = options.portfolio ?? portfolioNamed('quantum', settings.runtime.streamOverrides, settings.runtime);
  const started: RuntimeOptions = {
    connect: ({ prefix }) => connectionOf(redis.url, prefix),
    oneServer: readSeveralServers(redis.url)?.kind !== 'cluster',
    portfolios: options.portfolios ?? [portfolio],
    handlers: handlersToRun(settings.runtime.gates, found, settings.feeds.feeds),
    found,
    settings,
    schedules: options.schedules ?? false,
    companions: [...COMPANIONS, ...(options.companions ?? [])],
    log,
    ...(options.workerName !== undefined && { workerName: options.workerName }),
    timings: options.timings ?? QUICK,
  };
  const runtime = await startRuntime(started);
  const feeds = options.env?.BINANCE_BASE_URL === undefined ? NOT_COLLECTING : startFeeds(runtime, settings);
  const stop = async () => {
    await feeds.stop();
    await runtime.stop();
  };
  return { runtime, feeds, options: started, portfolio, lines, stop };
}

function connectionOf(url: string, prefix: string): Redis {
  return readSeveralServers(url) === undefined ? connectTo(url) : workerConnection(addressAt(url), prefix);
}

/** One for each URL, as a process has: its connections share what they know of a cluster. */
function addressAt(url: string): RedisAddress {
  const address = addresses.get(url) ?? addressOf(url);
  addresses.set(url, address);
  return address;
}

/** A connection as the runtime's own are. */
export function connectTo(url: string): Redis {
  return new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(500, times * 20),
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  });
}

/** The entries of a stream, oldest first. */
export async function entriesOf(redis: Redis, stream: string): Promise<{ id: string; fields: Fields }[]> {
  return (await redis.xrange(stream, '-', '+')).map(([id, flat]) => ({ id, fields: fieldsOf(flat) }));
}

/** The exposition value of a metric's series, written as it stands there (`name{label="value"}`); 0 when there is none. */
export async function metricOf(system: TestSystem, series: string): Promise<number> {
  const text = await system.runtime.metrics.exposition();
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

/** Waits until a series says `value`, or more: counts follow the commit that a test sees in Redis. Returns what it says. */
export async function countedTo(systems: TestSystem | readonly TestSystem[], series: string, value: number) {
  const all = [systems].flat() as readonly TestSystem[];
  return await until(`${series} to be ${value}`, async () => {
    const each = await Promise.all(all.map((system) => metricOf(system, series)));
    const sum = each.reduce((total, one) => total + one, 0);
    return sum >= value ? sum : undefined;
  });
}

/** Waits until a system in this process has looked at the switches as they are now: it does twice a second. */
export async function switchesSeen(): Promise<void> {
  const from = performance.now();
  await until('a second and a half to pass', () => performance.now() > from + 1_500);
}
