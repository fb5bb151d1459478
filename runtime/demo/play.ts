import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { loadHandlers } from '../load-handlers.ts';
import { type Portfolio, portfolioOf } from '../portfolio.ts';
import { startRuntime } from '../runtime.ts';
import { loadSettings } from '../settings/load.ts';
import type { Runtime } from '../types.ts';
import { Account } from './account.ts';
import { Link } from './link.ts';
import { loadMay2021, type Market } from './market.ts';
import { Player } from './player.ts';
import { DEMO_MODES, DEMO_PREFIX } from './settings.ts';
import { type Cast, PAPER_STAGE, type Stage } from './stage.ts';
import { START_EQUITY_USD } from './strategy.ts';
import type { Summary } from './summary.ts';
import { Turn } from './turn.ts';

const DAY_HOURS = 24;

/** How the month is played. */
export interface PlayOptions {
  /** Makes a new connection, with `maxRetriesPerRequest: null`. */
  readonly connect: () => Redis;
  /** Called after each hour: hours played, hours in all, and the simulated time in Unix ms. */
  readonly onHour?: (played: number, hours: number, atMs: number) => void;
  /** Ends the play after the hour under way. */
  readonly signal?: AbortSignal;
  /** Hours to play; the whole month unless a test says otherwise. */
  readonly hours?: number;
  /** Where it is played; on paper unless said otherwise. */
  readonly stage?: Stage;
}

/**
 * Plays May 2021 through running gates on the demo's own prefix and sums it up; `undefined` when it was ended early.
 * Every key of that prefix is deleted first; what the month leaves stays, to be looked at.
 */
export async function playMonth(options: PlayOptions): Promise<Summary | undefined> {
  const redis = options.connect();
  redis.on('error', () => undefined);
  const portfolio = portfolioOf(DEMO_PREFIX, { simulatedClock: true });
  const turn = new Turn(redis, portfolio);
  try {
    await turn.take();
    try {
      return await playOn(redis, turn, options);
    } finally {
      await turn.release();
    }
  } finally {
    redis.disconnect();
  }
}

async function playOn(redis: Redis, turn: Turn, options: PlayOptions): Promise<Summary | undefined> {
  const market = loadMay2021();
  const portfolio = portfolioOf(DEMO_PREFIX, { simulatedClock: true });
  let runtime: Runtime | undefined;
  const link = new Link(redis, portfolio, () => (runtime === undefined ? [] : problemsOf(runtime)));
  await link.wipe(turn.key);
  await link.setClock(market.closedAtMs(0));
  const stage = options.stage ?? PAPER_STAGE;
  runtime = await startGates(options.connect, portfolio, stage);
  try {
    const cast = { market, link, account: new Account(START_EQUITY_USD) };
    return await playedOn(stage, cast, runtime, turn, options);
  } finally {
    await runtime.stop();
  }
}

async function playedOn(
  stage: Stage,
  cast: Cast,
  runtime: Runtime,
  turn: Turn,
  options: PlayOptions,
): Promise<Summary | undefined> {
  const open = await stage.open(cast, runtime);
  try {
    const player = new Player(cast, open);
    if (!(await playHours(player, cast.market, turn, options))) return undefined;
    return player.summary({ modes: DEMO_MODES, settings: stage.settings, rules: stage.rules });
  } finally {
    await open.close();
  }
}

/** Whether all hours were played. */
async function playHours(player: Player, market: Market, turn: Turn, options: PlayOptions): Promise<boolean> {
  const hours = Math.min(options.hours ?? market.hours, market.hours);
  for (let hour = 0; hour < hours; hour += 1) {
    if (options.signal?.aborted === true) return false;
    if (hour % DAY_HOURS === 0) await turn.keep();
    await player.playHour(hour);
    options.onHour?.(hour + 1, hours, market.closedAtMs(hour));
  }
  return true;
}

async function startGates(connect: () => Redis, portfolio: Portfolio, stage: Stage): Promise<Runtime> {
  const names = stage.handlers;
  const handlers = (await loadHandlers()).filter((handler) => names.includes(handler.name));
  if (handlers.length < names.length) throw new Error(`expected the handlers ${names.join(', ')}, got some of them`);
  return await startRuntime({
    connect,
    portfolios: [portfolio],
    handlers,
    settings: loadSettings(stage.settings, handlers),
    schedules: false,
    log: pino({ level: 'error' }, pino.destination(2)),
    workerName: DEMO_PREFIX,
  });
}

function problemsOf(runtime: Runtime): readonly string[] {
  return runtime.lanes().flatMap(({ handler, state, problem }) => {
    return problem === '' ? [] : [`${handler} is ${state}: ${problem}`];
  });
}
