import type { FundingRules, PlayPayments } from '../../market/player/funded-book.ts';
import { GUARD_SETTINGS } from '../../market/player/settings.ts';
import { guarded, PAPER_STAGE, type Stage } from '../../market/player/stage.ts';
import { connectTo, type RedisAddress } from '../../redis/connection/address.ts';
import { type OpenRedis, openRedis } from '../../redis/embedded/index.ts';
import { type Environment, processEnvironment } from '../../settings/environment.ts';
import { loadSettings } from '../../settings/load.ts';
import { portfolioOf } from '../../settings/portfolio.ts';
import { onStop } from '../../settings/stop-signal.ts';
import { EXCHANGE_STAGE } from './broker/stage.ts';
import { besideOf, type DemoSummary, keepBeside } from './guarded.ts';
import { type Month, type PlayOptions, playMonth } from './play.ts';
import { DEMO_PREFIX } from './prefix.ts';
import { Progress, type ProgressOutput } from './progress.ts';
import { readingsOf } from './readings.ts';
import { reportOf } from './report.ts';

const INTERRUPTED = 130;
/** The settings of the process that the demo heeds: which Redis to use. No other one changes what it plays. */
const HEEDED = [
  'REDIS_URL',
  'REDIS_HOST',
  'REDIS_PORT',
  'REDIS_DB',
  'EMBEDDED_REDIS_PORT',
  'PORTCULLIS_DATA_DIR',
  'PORTCULLIS_NO_INSTALL',
  'PATH',
] as const;
/** Those of the console, where it is served. */
const HEEDED_BY_CONSOLE = [
  'HTTP_HOST',
  'HTTP_PORT',
  'ADMIN_TOKEN',
  'VIEWER_TOKEN',
  'CONSOLE_READ_ONLY',
  'TRUSTED_PROXIES',
  'ALLOWED_HOSTS',
] as const;

/** The console over the month as it was left. */
export interface DemoConsole {
  /** Serves it until the signal: the gates run, and the simulated clock stands where the month ended. */
  serveUntil(signal: AbortSignal, redis: OpenRedis, err: ProgressOutput): Promise<void>;
}

/** How the demo is run. */
export interface DemoOptions {
  /** Print the summary as one JSON object on standard output, and no progress. */
  readonly json: boolean;
  /** Play on a local exchange, through the feeds; on paper otherwise. */
  readonly exchange?: boolean;
  /** Play it a second time with limits on losses and on shock, beside the first. */
  readonly guarded?: boolean;
  /** Serve the console over the month afterwards (the one with limits, where there are two), until Ctrl-C. */
  readonly console?: boolean;
  /** Makes ready what serves it; throws before anything is played where it could not be served. */
  readonly prepareConsole?: (environment: Environment, guards?: Environment) => Promise<DemoConsole>;
  /** The Redis to play on; without it the one of the environment, else one of our own. */
  readonly redisUrl?: string;
  /** What is played in place of May 2021. */
  readonly month?: Month;
  /** What positions pay for being held; nothing is recorded without it. */
  readonly funding?: FundingRules;
  /** Hours to play; the whole month unless a test says otherwise. */
  readonly hours?: number;
  readonly out?: { write(text: string): unknown };
  readonly err?: ProgressOutput;
}

/**
 * Plays May 2021, or another month, through the running gates, prints a summary, and serves the console over it where that was asked for.
 * Answers with the exit code: 0, or 130 when the play was interrupted.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const err = options.err ?? process.stderr;
  const out = options.out ?? process.stdout;
  const settings = loadSettings(heeded(options.redisUrl, HEEDED), []).runtime.redis;
  const console =
    options.console === true
      ? await options.prepareConsole?.(consoleEnvironment(options.redisUrl), options.guarded ? GUARD_SETTINGS : {})
      : undefined;
  const redis = await openRedis(settings, (line) => void err.write(`${line}\n`));
  try {
    return await interruptible(async (signal) => {
      const stage = options.exchange === true ? EXCHANGE_STAGE : PAPER_STAGE;
      const about = { err, signal };
      const first = await played(redis.address, options, { ...about, stage });
      const isRead = options.exchange !== true && first !== undefined;
      const readings = isRead ? await readingsOf(first, playOptions(redis.address, options, about)) : undefined;
      const second = options.guarded === true && first !== undefined;
      const beside = second ? await played(redis.address, options, { ...about, stage: guarded(stage) }) : undefined;
      if (first === undefined || (isRead && readings === undefined) || (second && beside === undefined)) {
        err.write('demo: interrupted, so there is no summary\n');
        return INTERRUPTED;
      }
      const summary = { ...first.summary, ...(readings !== undefined && { readings }) };
      const both = beside === undefined ? summary : { ...summary, guarded: besideOf(summary, beside.summary) };
      if (beside !== undefined) await kept(redis.address, both);
      out.write(options.json ? `${JSON.stringify(both)}\n` : reportOf(both));
      await console?.serveUntil(signal, redis, err);
      return 0;
    });
  } finally {
    await redis.stop();
  }
}

interface Turned {
  readonly stage: Stage;
  readonly err: ProgressOutput;
  readonly signal: AbortSignal;
}

async function played(address: RedisAddress, options: DemoOptions, { stage, ...about }: Turned) {
  let payments: PlayPayments = { paidUsd: 0, payments: [] };
  const onEnd = (of: PlayPayments) => {
    payments = of;
  };
  const progress = progressOf(about.err);
  try {
    const told = options.json ? {} : { onHour: progress.onHour };
    const summary = await playMonth({ ...playOptions(address, options, about), stage, onEnd, ...told });
    return summary && { summary, payments };
  } finally {
    progress.end();
  }
}

function playOptions(
  address: RedisAddress,
  { month, hours, funding }: DemoOptions,
  { signal }: Pick<Turned, 'signal'>,
): PlayOptions {
  return {
    connect: (prefix = DEMO_PREFIX) => connectTo(address, { maxRetriesPerRequest: null }, prefix),
    signal,
    ...(hours !== undefined && { hours }),
    ...(month !== undefined && { month }),
    funding,
  };
}

function progressOf(err: ProgressOutput) {
  let progress: Progress | undefined;
  return {
    onHour: (hour: number, hours: number, atMs: number) => {
      progress ??= new Progress(err, hours);
      progress.show(hour, atMs);
    },
    end: () => progress?.end(),
  };
}

async function kept(address: RedisAddress, both: DemoSummary): Promise<void> {
  const redis = connectTo(address, { maxRetriesPerRequest: null }, DEMO_PREFIX);
  redis.on('error', () => undefined);
  try {
    await keepBeside(redis, portfolioOf(DEMO_PREFIX, { simulatedClock: true }), both);
  } finally {
    redis.disconnect();
  }
}

async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stopListening = onStop(() => {
    stopListening();
    controller.abort();
  });
  try {
    return await work(controller.signal);
  } finally {
    stopListening();
  }
}

function consoleEnvironment(redisUrl: string | undefined): Environment {
  return heeded(redisUrl, [...HEEDED, ...HEEDED_BY_CONSOLE]);
}

function heeded(redisUrl: string | undefined, names: readonly string[]): Environment {
  const env = processEnvironment();
  const own = Object.fromEntries(names.map((name) => [name, env[name]]));
  return redisUrl === undefined ? own : { ...own, REDIS_URL: redisUrl };
}
