import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler } from '../handlers/common/handler.ts';
import { firstLines } from './banner.ts';
import { workerConnection } from './embedded/address.ts';
import { type OpenRedis, openRedis } from './embedded/index.ts';
import { type Feeds, startFeeds } from './feeds/index.ts';
import { type RunningHttp, requireFreePorts, startHttp } from './http/server.ts';
import { loadHandlers } from './load-handlers.ts';
import { makeLog } from './log.ts';
import { lanesOf } from './ops/lanes.ts';
import { type Operations, operationsOn } from './ops/operations.ts';
import { portfolioNamed } from './portfolio.ts';
import { type HostedRuntime, startRuntime } from './runtime.ts';
import { cleanEnvironment, processEnvironment } from './settings/environment.ts';
import { handlersToRun, type LoadedSettings, loadSettings } from './settings/load.ts';

const SAME_SIGNAL_MS = 500;
const EXIT_WITHIN_MS = 1_000;

/** Runs the system until SIGINT or SIGTERM, then stops all of it; a second signal ends it at once. Answers with the exit code. */
export async function runStart(): Promise<number> {
  const environment = processEnvironment();
  const found = await loadHandlers();
  const settings = loadSettings(environment, found);
  const handlers = handlersToRun(settings.runtime.gates, found, settings.feeds.feeds);
  const redis = await openRedis(settings.runtime.redis, (line) => process.stderr.write(`${line}\n`));
  const stopped = signalled();
  try {
    await run(redis, settings, handlers, cleanEnvironment(environment).APPLY_MODE, stopped);
  } finally {
    await redis.stop();
    exitSoon();
  }
  return 0;
}

async function run(
  opened: OpenRedis,
  settings: LoadedSettings,
  handlers: readonly AnyHandler[],
  applyMode: string | undefined,
  stopped: Promise<string>,
): Promise<void> {
  const { runtime: own } = settings;
  const log = makeLog(own.logLevel, process.stdout);
  for (const warning of settings.warnings) log.warn(warning);
  await requireFreePorts({ ports: own.ports, gates: gatesOf(handlers), host: own.httpHost });
  const runtime = await startRuntime({
    connect: ({ prefix }) => workerConnection(opened.address, prefix),
    portfolios: own.portfolios.map((prefix) => portfolioNamed(prefix, own.streamOverrides)),
    handlers,
    settings,
    schedules: true,
    log,
  });
  const connections = runtime.hosts.map(({ redis }) => redis);
  sayWhenRedisGoes(connections, log);
  const feeds = startFeeds(runtime, settings);
  try {
    const adminToken = own.adminToken ?? randomBytes(18).toString('base64url');
    const http = await serve({ runtime, settings, handlers, feeds, adminToken, applyMode });
    const shownToken = own.adminToken === undefined ? adminToken : undefined;
    for (const line of firstLines({ runtime, http, redis: opened, token: shownToken }))
      process.stderr.write(`${line}\n`);
    const signal = await stopped;
    log.info(`${signal}: stopping`);
    await feeds.stop();
    await runtime.stop();
    await http.close();
  } finally {
    await feeds.stop();
    await runtime.stop();
  }
  log.info('stopped');
}

interface Served {
  readonly runtime: HostedRuntime;
  readonly settings: LoadedSettings;
  readonly handlers: readonly AnyHandler[];
  readonly feeds: Feeds;
  readonly adminToken: string;
  readonly applyMode: string | undefined;
}

async function serve(served: Served): Promise<RunningHttp> {
  const { runtime, settings, handlers, feeds, adminToken, applyMode } = served;
  const { runtime: own } = settings;
  const operations = new Map(
    runtime.hosts.map((host) => {
      const lanes = lanesOf(handlers, host.portfolio, (handler) => host.overridesOf(handler));
      return [host.portfolio, operationsOn(host.redis, host.portfolio, { lanes, applyMode })];
    }),
  );
  return await startHttp(runtime, {
    host: own.httpHost,
    ports: own.ports,
    adminToken,
    gates: gatesOf(handlers),
    p28TestMode: own.p28TestMode,
    operationsOf: (portfolio) => operations.get(portfolio) as Operations,
    queues: runtime.hosts.flatMap((host) => {
      const queue = host.queue();
      return queue === undefined ? [] : [{ portfolio: host.portfolio, queue }];
    }),
    feedProblems: () => feeds.problems(),
  });
}

function gatesOf(handlers: readonly AnyHandler[]): readonly string[] {
  return [...new Set(handlers.map((handler) => handler.gate))];
}

/** Once when the first connection goes, and once when all are back. */
function sayWhenRedisGoes(connections: readonly Redis[], log: Logger): void {
  const gone = new Set<Redis>();
  const whose = connections.length > 1 ? ' for some portfolios' : '';
  for (const redis of connections) {
    redis.on('close', () => {
      if (gone.size === 0 && redis.status !== 'end')
        log.error(`Redis is gone${whose}: nothing is judged until it is back, and nothing is lost`);
      gone.add(redis);
    });
    redis.on('ready', () => {
      if (gone.delete(redis) && gone.size === 0) log.info('Redis is back');
    });
  }
}

/** Work that waits for a Redis that is gone keeps timers alive: they must not keep the process. */
function exitSoon(): void {
  setTimeout(() => process.exit(), EXIT_WITHIN_MS).unref();
}

/** npm passes on the Ctrl-C that the whole group got already: only a signal well after the first is a second one. */
function signalled(): Promise<string> {
  return new Promise((resolve) => {
    let askedMs: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        const nowMs = performance.now();
        if (askedMs !== undefined && nowMs - askedMs > SAME_SIGNAL_MS) process.exit(130);
        askedMs ??= nowMs;
        resolve(signal);
      });
    }
  });
}
