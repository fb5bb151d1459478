import type { Redis } from 'ioredis';
import { DAY_HOURS, HOUR_MS } from '../../../schemas/duration.ts';
import { streams } from '../../../schemas/keys.ts';
import type { Strategy } from '../../../schemas/strategy.ts';
import type { Runtime } from '../../engine/status/types.ts';
import type { FundingRules, PlayPayments } from '../../market/player/funded-book.ts';
import type { Link } from '../../market/player/link.ts';
import { loadMay2021, type Market } from '../../market/player/market.ts';
import { handlersOf, openPlay } from '../../market/player/open-play.ts';
import type { Player } from '../../market/player/player.ts';
import { rulesInWords } from '../../market/player/rules-in-words.ts';
import { LOSS_WATCHER, PLAY_MODES } from '../../market/player/settings.ts';
import { PAPER_STAGE, type Stage } from '../../market/player/stage.ts';
import { DEMO_STRATEGY } from '../../market/player/strategy.ts';
import type { LossRecord, Summary } from '../../market/player/summary.ts';
import { loadSettings } from '../../settings/load.ts';
import { type Portfolio, portfolioOf } from '../../settings/portfolio.ts';
import { DEMO_PREFIX } from './prefix.ts';
import { Turn } from './turn.ts';

/** Candles that are played in place of May 2021, by the demo's strategy with the core book that they have. */
export interface Month {
  readonly market: Market;
  readonly strategy: Strategy;
}

/** How the month is played. */
export interface PlayOptions {
  /** Makes a new connection to where the keys of a prefix are (the demo's), with `maxRetriesPerRequest: null`. */
  readonly connect: (prefix?: string) => Redis;
  /** Called after each hour: hours played, hours in all, and the simulated time in Unix ms. */
  readonly onHour?: (played: number, hours: number, atMs: number) => void;
  /** Called between two hours with how long the last one took, ms: the next begins when it resolves. */
  readonly rest?: (tookMs: number) => Promise<void>;
  /** Starts the gates in place of the play's own, which end with it: whoever gives it stops them. */
  readonly gates?: (() => Promise<Runtime>) | undefined;
  /** Ends the play after the hour under way. */
  readonly signal?: AbortSignal;
  /** What is played; May 2021 unless said otherwise. */
  readonly month?: Month;
  /** What positions pay for being held; nothing is recorded without it. */
  readonly funding?: FundingRules | undefined;
  /** Hours to play; the whole month unless a test says otherwise. */
  readonly hours?: number;
  /** The portfolio it is played on, every key of which is deleted first; the demo's own unless said otherwise. */
  readonly prefix?: string;
  /** Told at the end what positions paid for being held. */
  readonly onEnd?: (payments: PlayPayments) => void;
  /** Where it is played; on paper unless said otherwise. */
  readonly stage?: Stage;
}

/**
 * Plays May 2021, or another month, through running gates on the demo's own prefix and sums it up; `undefined` when it was ended early.
 * Every key of that prefix is deleted first; what the month leaves stays, to be looked at.
 */
export async function playMonth(options: PlayOptions): Promise<Summary | undefined> {
  const redis = options.connect();
  redis.on('error', () => undefined);
  const portfolio = portfolioOf(options.prefix ?? DEMO_PREFIX, { simulatedClock: true });
  const turn = new Turn(redis, portfolio);
  try {
    await turn.take();
    try {
      return await playOn(redis, { portfolio, turn }, options);
    } finally {
      await turn.release();
    }
  } finally {
    redis.disconnect();
  }
}

async function playOn(redis: Redis, { portfolio, turn }: Place, options: PlayOptions): Promise<Summary | undefined> {
  const { connect, stage = PAPER_STAGE, funding, gates } = options;
  const { market, strategy } = monthPlayed(options);
  const handlers = await handlersOf(stage);
  const settings = loadSettings(stage.settings, handlers);
  const about = { connect, redis, portfolio, market, strategy, stage, handlers, settings, funding, gates };
  const play = await openPlay(about, turn.key);
  try {
    const losses: LossRecord[] = [];
    const onPlayed = async (atMs: number) => void losses.push(...(await lossesNow(play.link, atMs)));
    const isGuarded = play.ticked.includes(LOSS_WATCHER);
    if (!(await playHours(play.player, market, turn, isGuarded ? { ...options, onPlayed } : options))) return undefined;
    const rules = { ...stage.rules, core_book: rulesInWords(strategy).core_book };
    const stated = { month: monthOf(market), modes: PLAY_MODES, settings: stage.settings, rules };
    options.onEnd?.(play.player.payments());
    return { ...play.player.summary(stated), ...(isGuarded && { losses }) };
  } finally {
    await play.close();
  }
}

/** What these options play, and how many hours of it. */
export function monthPlayed({
  month,
  hours = Infinity,
}: Pick<PlayOptions, 'month' | 'hours'>): Month & { readonly hours: number } {
  const { market, strategy } = month ?? { market: loadMay2021(), strategy: DEMO_STRATEGY };
  return { market, strategy, hours: Math.min(hours, market.hours) };
}

/** The calendar month of a market, such as `2021-05`, or the first and the last where it has several. */
function monthOf({ hours, closedAtMs }: Market): string {
  const [first, last] = [0, hours - 1].map((hour) => new Date(closedAtMs(hour) - HOUR_MS).toISOString().slice(0, 7));
  return first === last ? String(first) : `${first} to ${last}`;
}

/** The loss limits that were reached or released at the simulated time that it is now. */
async function lossesNow(link: Link, atMs: number): Promise<readonly LossRecord[]> {
  const events = await link.writtenNow(streams.governorEvents);
  return events.flatMap(({ event, reason = '' }) => {
    if (event !== 'LOSS_LIMIT' && event !== 'LOSS_RELEASED') return [];
    return [{ at: new Date(atMs).toISOString(), event, reason }];
  });
}

/** Where a month is played, and whose turn it is there. */
interface Place {
  readonly portfolio: Portfolio;
  readonly turn: Turn;
}

type HoursOptions = PlayOptions & { readonly onPlayed?: (atMs: number) => Promise<void> };

/** Whether all hours were played. */
async function playHours(player: Player, market: Market, turn: Turn, options: HoursOptions): Promise<boolean> {
  const hours = Math.min(options.hours ?? market.hours, market.hours);
  for (let hour = 0; hour < hours; hour += 1) {
    if (options.signal?.aborted === true) return false;
    if (hour % DAY_HOURS === 0) await turn.keep();
    const beganMs = performance.now();
    await player.playHour(hour);
    await options.onPlayed?.(market.closedAtMs(hour));
    options.onHour?.(hour + 1, hours, market.closedAtMs(hour));
    await options.rest?.(performance.now() - beganMs);
  }
  return true;
}
