import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { skippedText } from '../../schemas/check-words.ts';
import { skippedChecks } from '../desk/evaluate/skips.ts';
import { ledgerAnchorCompanion } from '../desk/ledger/anchor-keeper.ts';
import { ProofHosting } from '../desk/prove/hosting.ts';
import type { ProofHost } from '../desk/prove/invitation.ts';
import { sealCompanion } from '../desk/seals/seal-keeper.ts';
import { lossFileCompanion } from '../desk/switches/loss-file.ts';
import { DemoHosting } from '../doors/demo/hosted/index.ts';
import { requireFreePorts } from '../doors/http/server.ts';
import { loadHandlers } from '../engine/host/load-handlers.ts';
import { type RuntimeOptions, startRuntime } from '../engine/host/runtime.ts';
import { watchLiveness } from '../engine/status/liveness.ts';
import type { Runtime } from '../engine/status/types.ts';
import { startFeeds } from '../market/feeds/index.ts';
import { workerConnection } from '../redis/connection/address.ts';
import { type OpenRedis, openRedis } from '../redis/embedded/index.ts';
import type { RedisProblem } from '../redis/problem.ts';
import { cleanEnvironment, processEnvironment } from '../settings/environment.ts';
import { handlersToRun, loadSettings } from '../settings/load.ts';
import { makeLog } from '../settings/log.ts';
import { portfolioNamed } from '../settings/portfolio.ts';
import type { RuntimeSettings } from '../settings/runtime-settings.ts';
import { onStop } from '../settings/stop-signal.ts';
import { alertsOf } from './alerts.ts';
import { type FirstRun, firstLines } from './banner.ts';
import { COMPANIONS } from './companions.ts';
import { placeOf, readsAtTerminal } from './made-token.ts';
import { gatesOf, type LaunchPlan, serve } from './serve.ts';
import { tellSystemd } from './systemd.ts';

const SAME_SIGNAL_MS = 500;
const EXIT_WITHIN_MS = 1_000;

/**
 * Runs the system until SIGINT or SIGTERM, then stops all of it; a second signal ends it at once. Answers with the exit
 * code; throws a `RedisProblem` when a Redis of its own could not be kept up.
 */
export async function runStart(): Promise<number> {
  const environment = processEnvironment();
  const found = await loadHandlers();
  const settings = loadSettings(environment, found);
  const handlers = handlersToRun(settings.runtime.gates, found, settings.feeds.feeds);
  const redis = await openRedis(settings.runtime.redis, (line) => process.stderr.write(`${line}\n`));
  const stopped = signalled();
  let lost: RedisProblem | undefined;
  const toStop = Promise.race([
    stopped,
    redis.lost.then((problem) => {
      lost = problem;
      return 'Redis is lost';
    }),
  ]);
  try {
    await run(redis, { settings, found, handlers, environment: cleanEnvironment(environment) }, toStop);
    if (lost !== undefined) throw lost;
  } finally {
    await redis.stop();
    exitSoon();
  }
  return 0;
}

async function run(opened: OpenRedis, plan: LaunchPlan, stopped: Promise<string>): Promise<void> {
  const { settings, found, handlers } = plan;
  const { runtime: own } = settings;
  const log = makeLog(own.logLevel, process.stdout);
  for (const warning of settings.warnings) log.warn(warning);
  await requireFreePorts({ ports: own.ports, gates: gatesOf(handlers), handlers: found }, own.httpHost);
  const alerts = alertsOf(own.alerts);
  const companions = [...COMPANIONS, lossFileCompanion(own.redis.dataFolder), alerts.companion];
  const options: RuntimeOptions = {
    connect: ({ prefix }) => workerConnection(opened.address, prefix),
    oneServer: !('cluster' in opened.address),
    portfolios: own.portfolios.map((prefix) => portfolioNamed(prefix, own.streamOverrides, own)),
    handlers,
    found,
    settings,
    schedules: true,
    companions: [...companions, ledgerAnchorCompanion(own.ledger), sealCompanion(own.ledger)],
    log,
  };
  const runtime = await startRuntime(options);
  alerts.begin({ runtime, settings, found });
  sayWhenRedisGoes([...new Set(runtime.hosts.map(({ line }) => line.redis))], log);
  const feeds = startFeeds(runtime, settings);
  const listening: ProofHost['http'] = [];
  const proofs = new ProofHosting({ options: { ...options, companions }, runtime, addresses: () => listening });
  const demos = new DemoHosting({ options, runtime });
  try {
    const { http, madeToken } = await serve({ ...plan, runtime, feeds, proofs, demos });
    listening.push(...http.addresses);
    proofs.start();
    demos.start();
    await sayFirst({ runtime, http, redis: opened, droppedLimits: settings.droppedLimits }, { madeToken, own, log });
    const liveness = watchLiveness(runtime);
    const systemd = await tellSystemd(own.supervision, liveness, log);
    log.info(`${await stopped}: stopping`);
    http.endStreams();
    await systemd.stopping();
    liveness.stop();
    await feeds.stop();
    await Promise.all([proofs.stop(), demos.stop()]);
    await runtime.stop();
    await http.close();
  } finally {
    await feeds.stop();
    await Promise.all([proofs.stop(), demos.stop()]);
    await runtime.stop();
  }
  log.info('stopped');
}

type Secrets = { readonly madeToken: string | undefined; readonly own: RuntimeSettings; readonly log: Logger };

/** Without a terminal what is said goes to a log: no token is in it then, and no link is made. */
async function sayFirst(
  first: Omit<FirstRun, 'token' | 'link' | 'skips'>,
  { madeToken, own, log }: Secrets,
): Promise<void> {
  const atTerminal = readsAtTerminal();
  const { dataFolder } = own.redis;
  const wanted = own.ports.http === 0 ? undefined : madeToken;
  const token = await placeOf(wanted, { atTerminal, dataFolder, port: own.ports.http, log });
  const link = atTerminal ? await first.http.consoleLink() : undefined;
  for (const line of firstLines({ ...first, token, link, skips: await skipsOf(first.runtime) }))
    process.stderr.write(`${line}\n`);
}

/** What the gates of this process leave out in their modes, on each portfolio; the same of several is said once. */
async function skipsOf(runtime: Runtime): Promise<string[]> {
  const gates = [...new Set(runtime.handlers.map(({ gate }) => gate))];
  const texts = runtime.portfolios.flatMap((portfolio) =>
    gates.map(async (gate) => {
      const mode = runtime.mode(portfolio, gate);
      const found = await skippedChecks(runtime.redisOf(portfolio), portfolio, runtime.handlers, { gate, mode });
      return found.length === 0 ? [] : [`${gate}, ${mode}: ${skippedText(found)}`];
    }),
  );
  return [...new Set((await Promise.all(texts)).flat())];
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
    onStop((why) => {
      const nowMs = performance.now();
      const again = askedMs !== undefined && nowMs - askedMs > SAME_SIGNAL_MS;
      if (again && why !== 'npm is gone') process.exit(130);
      askedMs ??= nowMs;
      resolve(why);
    });
  });
}
