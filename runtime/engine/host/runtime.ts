import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Looks } from '../../redis/looks.ts';
import type { LoadedSettings } from '../../settings/load.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { watchFaces } from '../status/faces.ts';
import { Metrics, RUNTIME } from '../status/metrics.ts';
import { ENGINE_TIMINGS, type EngineTimings } from '../status/timings.ts';
import type { Runtime } from '../status/types.ts';
import type { Companion } from './companion.ts';
import { PortfolioHost } from './portfolio-host.ts';
import { BUILD, runtimeMetrics } from './runtime-metrics.ts';
import { sharedOn } from './shared-on-server.ts';

/** What a runtime is started with. */
export interface RuntimeOptions {
  /** Makes a new connection to the server that keeps this portfolio, with `maxRetriesPerRequest: null`. */
  readonly connect: (portfolio: Portfolio) => Redis;
  /** Whether one server keeps all portfolios, whichever that is: not the nodes of a cluster. */
  readonly oneServer?: boolean;
  readonly portfolios: readonly Portfolio[];
  readonly handlers: readonly AnyHandler[];
  /** Every handler there is, also those that other processes run: what they all declare is looked after here too. */
  readonly found: readonly AnyHandler[];
  readonly settings: LoadedSettings;
  /** Whether BullMQ triggers scheduled and delayed handlers; the demo does that by itself, in simulated time. */
  readonly schedules: boolean;
  /** What runs beside the lanes of each portfolio. */
  readonly companions: readonly Companion[];
  readonly log: Logger;
  readonly workerName?: string;
  /** Other waits than the product's own. */
  readonly timings?: Partial<EngineTimings>;
}

/** A running system, and what hosts each of its portfolios. */
export interface HostedRuntime extends Runtime {
  readonly hosts: readonly PortfolioHost[];
  /** What looks at keys of a portfolio again and again, together with those of others. */
  looksOf(portfolio: Portfolio): Looks;
}

/** So many are prepared at the same time: a turn of the event loop stays short. */
const PREPARED_AT_ONCE = 100;

/** Starts every handler on every portfolio. Rejects, with nothing left running, when something is not as it must be. */
export async function startRuntime(options: RuntimeOptions): Promise<HostedRuntime> {
  const connections = new Set<Redis>();
  const connect = (portfolio: Portfolio) => tracked(options.connect(portfolio), connections);
  try {
    return await started(options, connect, connections);
  } catch (error) {
    for (const connection of connections) connection.disconnect();
    throw error;
  }
}

async function started(
  options: RuntimeOptions,
  connect: (portfolio: Portfolio) => Redis,
  connections: ReadonlySet<Redis>,
): Promise<HostedRuntime> {
  const { portfolios, handlers, log } = options;
  const metrics = new Metrics(
    portfolios.map((portfolio) => portfolio.prefix),
    options.settings.runtime.metricsPortfolios,
  );
  metrics.declareHandlers(handlers);
  metrics.declare(RUNTIME, runtimeMetrics(handlers, options.companions));
  metrics.apply([BUILD], '');
  const hosts = hostsOf(options, connect, metrics);
  const [first] = hosts;
  if (first === undefined) throw new Error('expected at least one portfolio, got none');
  let stopped: Promise<void> | undefined;
  const unwatch = watchFaces((text) => log.warn(text), metrics);
  const stop = () => {
    stopped ??= stopAll(hosts, connections, log, options.timings?.drainMs).finally(unwatch);
    return stopped;
  };
  try {
    await startAll(hosts);
  } catch (error) {
    await stop();
    throw error;
  }
  const hostOf = hostFinder(hosts);
  return {
    portfolios,
    handlers,
    metrics,
    log,
    workerName: first.workerName,
    hosts,
    lanes: () => hosts.flatMap((host) => host.lanes()),
    streamProblems: () => hosts.flatMap((host) => host.streamProblems()),
    redisOf: (portfolio) => hostOf(portfolio).line.redis,
    looksOf: (portfolio) => hostOf(portfolio).line.looks,
    redisUp: (portfolio) =>
      portfolio === undefined ? hosts.every((host) => host.redisUp()) : hostOf(portfolio).redisUp(),
    mode: (portfolio, gate) => hostOf(portfolio).mode(gate),
    settingsOf: (handler) => options.settings.handlers.get(handler),
    look: (portfolio, handler, reads) => hostOf(portfolio).look(handler, reads),
    stop,
  };
}

function hostsOf(
  options: RuntimeOptions,
  connect: (portfolio: Portfolio) => Redis,
  metrics: Metrics,
): readonly PortfolioHost[] {
  const { portfolios, log } = options;
  const servers = options.oneServer === true ? [portfolios] : portfolios.map((portfolio) => [portfolio]);
  return servers.flatMap((onServer) => {
    const shared = sharedOn(onServer, options, connect, metrics);
    return onServer.map((portfolio, at) => {
      const own = portfolios.length > 1 ? log.child({ portfolio: portfolio.prefix }) : log;
      const here = { ...shared, ...shared.lineOf(at), connect: () => connect(portfolio) };
      return new PortfolioHost({ ...options, ...here, portfolio, metrics, log: own });
    });
  });
}

function hostFinder(hosts: readonly PortfolioHost[]): (portfolio: Portfolio) => PortfolioHost {
  const byPrefix = new Map(hosts.map((host) => [host.portfolio.prefix, host]));
  return ({ prefix }) => {
    const host = byPrefix.get(prefix);
    if (host === undefined) throw new Error(`expected a portfolio that this process serves, got ${prefix}`);
    return host;
  };
}

/**
 * All are prepared before any begins: the timers of those that are up would take the processor from the rest. Those that
 * are prepared together share looks through the keys of their server.
 */
async function startAll(hosts: readonly PortfolioHost[]): Promise<void> {
  const left = [...hosts];
  const prepared: (() => Promise<void>)[] = [];
  const work = async () => {
    for (let host = left.shift(); host !== undefined; host = left.shift()) prepared.push(await host.prepare());
  };
  await all(Array.from({ length: Math.min(PREPARED_AT_ONCE, hosts.length) }, work));
  await all(prepared.map((begin) => begin()));
  await all([...new Set(hosts.map(({ line }) => line.schedules))].map((schedules) => schedules?.run()));
}

/** Waits for all of them; then throws what the first that failed did. */
async function all(works: readonly (Promise<void> | undefined)[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function stopAll(
  hosts: readonly PortfolioHost[],
  connections: ReadonlySet<Redis>,
  log: Logger,
  drainMs = ENGINE_TIMINGS.drainMs,
): Promise<void> {
  const drained = Promise.all(hosts.map((host) => host.stop()));
  drained.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), drainMs);
  });
  try {
    const how = await Promise.race([drained, deadline]);
    if (how === 'late')
      log.warn('not drained in time: what was in flight is still pending, and the next worker does it');
    else log.info('drained: nothing was left half done');
  } finally {
    clearTimeout(timer);
    for (const connection of connections) connection.disconnect();
  }
}

function tracked(connection: Redis, connections: Set<Redis>): Redis {
  connections.add(connection);
  connection.on('end', () => connections.delete(connection));
  connection.on('error', () => undefined);
  return connection;
}
