import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler } from '../handlers/common/handler.ts';
import { PortfolioHost } from './engine/portfolio-host.ts';
import { requireServer } from './engine/requirements.ts';
import { runtimeMetrics } from './engine/runtime-metrics.ts';
import { WorkerSlot } from './engine/workers.ts';
import { Metrics, RUNTIME } from './metrics.ts';
import type { Portfolio } from './portfolio.ts';
import type { LoadedSettings } from './settings/load.ts';
import type { Runtime } from './types.ts';

/** What a runtime is started with. */
export interface RuntimeOptions {
  /** Makes a new connection, with `maxRetriesPerRequest: null`. */
  readonly connect: () => Redis;
  readonly portfolios: readonly Portfolio[];
  readonly handlers: readonly AnyHandler[];
  readonly settings: LoadedSettings;
  /** Whether BullMQ triggers scheduled and delayed handlers; the demo does that by itself, in simulated time. */
  readonly schedules: boolean;
  readonly log: Logger;
  readonly workerName?: string;
}

/** The BullMQ queues of a running system, for the dashboard. */
export interface HostedRuntime extends Runtime {
  readonly hosts: readonly PortfolioHost[];
}

const DRAIN_MS = 10_000;

/** Starts every handler on every portfolio. Rejects, with nothing left running, when something is not as it must be. */
export async function startRuntime(options: RuntimeOptions): Promise<HostedRuntime> {
  const connections = new Set<Redis>();
  const connect = () => tracked(options.connect(), connections);
  const redis = connect();
  try {
    return await started(options, connect, redis, connections);
  } catch (error) {
    for (const connection of connections) connection.disconnect();
    throw error;
  }
}

async function started(
  options: RuntimeOptions,
  connect: () => Redis,
  redis: Redis,
  connections: ReadonlySet<Redis>,
): Promise<HostedRuntime> {
  await requireServer(redis, options.portfolios);
  const metrics = new Metrics(options.portfolios.map((portfolio) => portfolio.prefix));
  metrics.declareHandlers(options.handlers);
  metrics.declare(RUNTIME, runtimeMetrics(options.handlers));
  const first = options.portfolios[0];
  if (first === undefined) throw new Error('expected at least one portfolio, got none');
  const slot = await WorkerSlot.claim(redis, first, options.workerName);
  const hosts = options.portfolios.map(
    (portfolio) => new PortfolioHost({ ...options, portfolio, connect, redis, metrics, workerName: slot.name }),
  );
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= stopAll(hosts, slot, connections, options.log);
    return stopped;
  };
  try {
    for (const host of hosts) await host.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    redis,
    portfolios: options.portfolios,
    handlers: options.handlers,
    metrics,
    log: options.log,
    workerName: slot.name,
    hosts,
    lanes: () => hosts.flatMap((host) => host.lanes()),
    redisUp: () => redis.status === 'ready',
    mode: (portfolio, gate) => hosts.find((host) => host.portfolio === portfolio)?.mode(gate) ?? '',
    settingsOf: (handler) => options.settings.handlers.get(handler),
    stop,
  };
}

async function stopAll(
  hosts: readonly PortfolioHost[],
  slot: WorkerSlot,
  connections: ReadonlySet<Redis>,
  log: Logger,
): Promise<void> {
  const drained = Promise.all(hosts.map((host) => host.stop())).then(() => slot.release());
  drained.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), DRAIN_MS);
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
