import { DAY_MS, DAY_SEC, HOUR_MS, MINUTE_MS } from '../../../schemas/duration.ts';
import { formatFunding, fundingBounds, parseFunding } from '../../../schemas/funding.ts';
import { keys } from '../../../schemas/keys.ts';
import { errorText } from '../../redis/problem.ts';
import type { FundingsReading, MarkPrice } from '../exchange/port.ts';
import type { CollectorDeps } from './turns.ts';

/** Payments are kept for so long: at most 840 of a symbol that pays every hour. */
const KEPT_DAYS = 35;
/** Payments fall on whole hours; the exchange lists one some moments later. */
const LISTED_WITHIN_MS = MINUTE_MS;
/** The exchange allows 500 requests in five minutes: so many at once, and the next after so long, are 300. */
const AT_ONCE = 10;
const NEXT_ONES_MS = 10_000;
/** A symbol whose payment is not listed yet is asked again after so long, doubling up to the other, ms. */
const FIRST_AGAIN_MS = 10_000;
const LONGEST_AGAIN_MS = 600_000;

/** When a symbol was asked for, when again at the earliest (ms), and its next payment, if all before it is kept. */
interface Asked {
  readonly atMs: number;
  readonly againMs: number;
  readonly nextMs: number | undefined;
  /** What went wrong, a line each. */
  readonly problems: readonly string[];
}

interface Bounds {
  readonly fromMs: number;
  readonly nextMs: number | undefined;
}

/** Keeps the funding rates of the watched symbols in Redis, without holes of our making, and says between when none is missing. */
export class FundingStore {
  readonly #deps: Pick<CollectorDeps, 'redis' | 'portfolio' | 'exchange'>;
  readonly #clockMs: () => number;
  readonly #asked = new Map<string, Asked>();
  #askedMs = -Infinity;

  /** `clockMs` goes on whatever the machine's time does. */
  constructor(deps: Pick<CollectorDeps, 'redis' | 'portfolio' | 'exchange'>, clockMs = () => performance.now()) {
    this.#deps = deps;
    this.#clockMs = clockMs;
  }

  /**
   * Asks for the payments that came since these marks were read before, of some symbols at a time. Resolves with what went
   * wrong of each symbol when it was asked for last, a line each.
   */
  async refresh(marks: readonly MarkPrice[], nowMs: number): Promise<readonly string[]> {
    const watched = new Set(marks.map(({ symbol }) => symbol));
    for (const symbol of this.#asked.keys()) if (!watched.has(symbol)) this.#asked.delete(symbol);
    const mayAsk = nowMs % HOUR_MS >= LISTED_WITHIN_MS && this.#clockMs() - this.#askedMs >= NEXT_ONES_MS;
    const due = mayAsk ? marks.filter((mark) => this.#isDue(mark)).slice(0, AT_ONCE) : [];
    if (due.length > 0) this.#askedMs = this.#clockMs();
    await Promise.all(due.map((mark) => this.#ask(mark, nowMs)));
    return [...this.#asked.values()].flatMap(({ problems }) => problems);
  }

  /** A symbol that is told no next payment has none: it is no perpetual future. */
  #isDue({ symbol, nextFundingMs }: MarkPrice): boolean {
    if (nextFundingMs === undefined) return false;
    const asked = this.#asked.get(symbol);
    if (asked === undefined) return true;
    return asked.nextMs !== nextFundingMs && this.#clockMs() - asked.atMs >= asked.againMs;
  }

  async #ask(mark: MarkPrice, nowMs: number): Promise<void> {
    const { symbol, nextFundingMs } = mark;
    const before = this.#asked.get(symbol);
    const againMs = Math.min(LONGEST_AGAIN_MS, (before?.againMs ?? FIRST_AGAIN_MS / 2) * 2);
    const asked = { atMs: this.#clockMs(), againMs, nextMs: undefined, problems: before?.problems ?? [] };
    this.#asked.set(symbol, asked);
    try {
      const { isWhole, problems } = await this.#update(mark, nowMs);
      const done = isWhole ? { againMs: FIRST_AGAIN_MS / 2, nextMs: nextFundingMs } : {};
      this.#asked.set(symbol, { ...asked, ...done, problems });
    } catch (error) {
      this.#asked.set(symbol, { ...asked, problems: [`${symbol}, funding: ${errorText(error)}`] });
    }
  }

  /** What is kept is read each time, so that what was lost, or could not be written, is asked for again and not taken for 0. */
  async #update({ symbol, nextFundingMs }: MarkPrice, nowMs: number) {
    const { redis, portfolio, exchange } = this.#deps;
    const { rates, fromMs, nextMs } = parseFunding(await redis.hgetall(portfolio.key(keys.funding(symbol))));
    const oldestMs = nowMs - KEPT_DAYS * DAY_MS;
    const keptMs = rates.at(-1)?.atMs ?? -Infinity;
    const goesOn = fromMs !== undefined && keptMs >= oldestMs;
    const sinceMs = goesOn ? keptMs + 1 : oldestMs;
    const { fundings, problems } = await exchange.fundings(symbol, sinceMs);
    if (problems.length > 0) return { isWhole: false, problems };
    const newestMs = fundings.at(-1)?.atMs ?? keptMs;
    const isMissing = nextMs !== undefined && nextMs <= nowMs && newestMs < nextMs - MINUTE_MS;
    const isWhole = !isMissing;
    const bounds = { fromMs: Math.max(oldestMs, goesOn ? fromMs : sinceMs), nextMs: isWhole ? nextFundingMs : nextMs };
    await this.#put(symbol, fundings, bounds, oldestMs);
    return { isWhole, problems };
  }

  async #put(symbol: string, fundings: FundingsReading['fundings'], { fromMs, nextMs }: Bounds, oldestMs: number) {
    if (nextMs === undefined && fundings.length === 0) return;
    const { redis, portfolio } = this.#deps;
    const key = portfolio.key(keys.funding(symbol));
    const old = (await redis.hkeys(key)).filter((name) => Number(name) < oldestMs);
    const fields = fundings.flatMap((one) => [String(one.atMs), formatFunding(one)]);
    const bounds = [fundingBounds.from, String(fromMs), fundingBounds.next, String(nextMs)];
    const writing = redis.multi().hset(key, ...fields, ...(nextMs === undefined ? [] : bounds));
    if (old.length > 0) writing.hdel(key, ...old);
    const replies = await writing.expire(key, 2 * KEPT_DAYS * DAY_SEC).exec();
    const failed = replies?.find(([error]) => error !== null);
    if (failed !== undefined) throw failed[0];
  }
}
