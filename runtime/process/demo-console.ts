import type { Redis } from 'ioredis';
import { pino } from 'pino';
import type { DemoConsole } from '../doors/demo/index.ts';
import { DEMO_PREFIX } from '../doors/demo/prefix.ts';
import type { ProgressOutput } from '../doors/demo/progress.ts';
import { Turn } from '../doors/demo/turn.ts';
import { requireFreePorts } from '../doors/http/server.ts';
import { loadHandlers } from '../engine/host/load-handlers.ts';
import { startRuntime } from '../engine/host/runtime.ts';
import { PLAY_SETTINGS } from '../market/player/settings.ts';
import { connectTo } from '../redis/connection/address.ts';
import type { OpenRedis } from '../redis/embedded/index.ts';
import type { Environment } from '../settings/environment.ts';
import { handlersToRun, loadSettings } from '../settings/load.ts';
import { portfolioOf } from '../settings/portfolio.ts';
import { consoleLines, tokenLine } from './banner.ts';
import { COMPANIONS } from './companions.ts';
import { placeOf, readsAtTerminal } from './made-token.ts';
import { gatesOf, type LaunchPlan, serve } from './serve.ts';

const KEEP_TURN_MS = 20_000;
/** A gate's own listener shows nothing that the main one does not. */
const ONE_LISTENER = {
  P26_METRICS_PORT: '0',
  P27_METRICS_PORT: '0',
  P27_HEALTH_PORT: '0',
  P28_PORT: '0',
  GOV_METRICS_PORT: '0',
} as const;

/** Reads what the environment says of the console, and throws before anything is played where it could not be served. `guards` are limits that the month is played with besides. */
export async function prepareConsole(environment: Environment, guards: Environment = {}): Promise<DemoConsole> {
  const found = await loadHandlers();
  const settings = loadSettings({ ...environment, ...ONE_LISTENER, ...PLAY_SETTINGS, ...guards }, found);
  const handlers = handlersToRun([], found, []);
  const { ports, httpHost } = settings.runtime;
  if (ports.http === 0) throw new Error('HTTP_PORT: expected a port to serve the console on, got 0');
  await requireFreePorts({ ports, gates: gatesOf(handlers), handlers: found }, httpHost);
  const plan = { settings, found, handlers, environment: {} };
  return { serveUntil: (signal, redis, err) => serveConsole(plan, signal, redis, err) };
}

async function serveConsole(
  plan: LaunchPlan,
  signal: AbortSignal,
  opened: OpenRedis,
  err: ProgressOutput,
): Promise<void> {
  const connect = () => connectTo(opened.address, { maxRetriesPerRequest: null }, DEMO_PREFIX);
  const own = connect();
  own.on('error', () => undefined);
  try {
    await inTurn(own, () => served(plan, signal, { connect, err }));
  } finally {
    own.disconnect();
  }
}

interface ConsoleDeps {
  readonly connect: () => Redis;
  readonly err: ProgressOutput;
}

async function served(plan: LaunchPlan, signal: AbortSignal, { connect, err }: ConsoleDeps): Promise<void> {
  const portfolio = portfolioOf(DEMO_PREFIX, { simulatedClock: true });
  const log = pino({ level: 'error' }, pino.destination(2));
  const { settings, found, handlers } = plan;
  const runtime = await startRuntime({
    ...{ connect, settings, handlers, found, log },
    portfolios: [portfolio],
    schedules: false,
    companions: COMPANIONS,
    workerName: portfolio.prefix,
  });
  try {
    const { http, madeToken } = await serve({ ...plan, runtime, feeds: { problems: () => [] } });
    const main = http.addresses.find(({ role }) => role === 'http')?.url ?? '';
    const { redis, ports } = settings.runtime;
    const atTerminal = err === process.stderr ? readsAtTerminal() : err.isTTY === true;
    const token = await placeOf(madeToken, { atTerminal, dataFolder: redis.dataFolder, port: ports.http, log });
    const link = atTerminal ? await http.consoleLink() : undefined;
    for (const line of [...WHAT_IT_IS, ...consoleLines(main, link, DEMO_PREFIX), tokenLine(token), ...tryLines()])
      err.write(`${line}\n`);
    await aborted(signal);
    http.endStreams();
    await runtime.stop();
    await http.close();
  } finally {
    await runtime.stop();
  }
}

const WHAT_IT_IS = [
  '',
  'The month is on the console as it ended. Its clock stands still; the gates go on and judge what they are sent.',
  '',
];

function tryLines(): readonly string[] {
  const stream = `${DEMO_PREFIX}:stream:harvest.proposal`;
  return [
    `  try       npx portcullis redis-cli XADD ${stream} '*' plan_id mine symbol ETHUSDT action FULL_CLOSE`,
    '',
    'Ctrl-C ends it.',
    '',
  ];
}

/** While the console shows the month, no other demo may delete it. */
async function inTurn(redis: Redis, work: () => Promise<void>): Promise<void> {
  const turn = new Turn(redis, portfolioOf(DEMO_PREFIX, { simulatedClock: true }));
  await turn.take();
  const keeping = setInterval(() => void turn.keep().catch(() => undefined), KEEP_TURN_MS);
  try {
    await work();
  } finally {
    clearInterval(keeping);
    await turn.release();
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
