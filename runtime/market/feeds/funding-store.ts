import { DAY_MS, DAY_SEC, HOUR_MS, MINUTE_MS } from '../../../schemas/duration.ts';
import { formatFunding, fundingBounds, parseFunding } from '../../../schemas/funding.ts';
import { keys } from '../../../schemas/keys.ts';
import { ExchangeError } from '../exchange/errors.ts';
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

interface Known {
  /** When the payment comes before which none is missing, Unix ms; undefined while one may be. */
  nextMs: number | undefined;
  fromMs: number | undefined;
  newestMs: number | undefined;
  askedMs: number;
  againMs: number;
}

/** Keeps the funding rates of the watched symbols in Redis, without holes of our making, and says between when none is missing. */
export class FundingStore {
  readonly #deps: Pick<CollectorDeps, 'redis' | 'portfolio' | 'exchange'>;
  readonly #clockMs: () => number;
  readonly #known = new Map<string, Known>();
  #askedMs = -Infinity;

  /** `clockMs` goes on whatever the machine's time does. */
  constructor(deps: Pick<CollectorDeps, 'redis' | 'portfolio' | 'exchange'>, clockMs = () => performance.now()) {
    this.#deps = deps;
    this.#clockMs = clockMs;
  }

  /**
   * Asks for the payments that came since these marks were read before, of some symbols at a time, and resolves with what
   * went wrong, a line each: an exchange that does not answer keeps no mark from its symbol.
   */
  async refresh(marks: readonly MarkPrice[], nowMs: number): Promise<readonly string[]> {
    const watched = new Set(marks.map(({ symbol }) => symbol));
    for (const symbol of this.#known.keys()) if (!watched.has(symbol)) this.#known.delete(symbol);
    if (nowMs % HOUR_MS < LISTED_WITHIN_MS || this.#clockMs() - this.#askedMs < NEXT_ONES_MS) return [];
    const due = marks.filter((mark) => this.#isDue(mark)).slice(0, AT_ONCE);
    if (due.length === 0) return [];
    this.#askedMs = this.#clockMs();
    return (await Promise.all(due.map((mark) => this.#fetch(mark, nowMs)))).flat();
  }

  /** A symbol that is told no next payment has none: it is no perpetual future. */
  #isDue({ symbol, nextFundingMs }: MarkPrice): boolean {
    if (nextFundingMs === undefined) return false;
    const known = this.#known.get(symbol);
    if (known === undefined) return true;
    return known.nextMs !== nextFundingMs && this.#clockMs() - known.askedMs >= known.againMs;
  }

  async #fetch({ symbol, nextFundingMs }: MarkPrice, nowMs: number): Promise<readonly string[]> {
    const known = this.#known.get(symbol) ?? (await this.#stored(symbol));
    this.#known.set(symbol, known);
    known.askedMs = this.#clockMs();
    const oldestMs = nowMs - KEPT_DAYS * DAY_MS;
    const goesOn = known.fromMs !== undefined && known.newestMs !== undefined && known.newestMs >= oldestMs;
    const sinceMs = goesOn ? (known.newestMs ?? oldestMs) + 1 : oldestMs;
    const { fundings, problems } = await this.#asked(symbol, sinceMs);
    const newestMs = fundings.at(-1)?.atMs ?? known.newestMs;
    const isDue = known.nextMs !== undefined && known.nextMs <= nowMs;
    const isMissing = isDue && !(Number(newestMs) >= Number(known.nextMs) - MINUTE_MS);
    const isWhole = problems.length === 0 && !isMissing;
    known.againMs = isWhole ? FIRST_AGAIN_MS : Math.min(LONGEST_AGAIN_MS, known.againMs * 2);
    if (problems.length > 0) return problems;
    known.newestMs = newestMs;
    known.fromMs = Math.max(oldestMs, (goesOn ? known.fromMs : undefined) ?? sinceMs);
    if (isWhole) known.nextMs = nextFundingMs;
    await this.#put(symbol, known, fundings, oldestMs);
    return [];
  }

  async #asked(symbol: string, sinceMs: number): Promise<FundingsReading> {
    try {
      return await this.#deps.exchange.fundings(symbol, sinceMs);
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      return { fundings: [], problems: [`${symbol}, funding: ${error.message}`] };
    }
  }

  /** What an earlier process kept of a symbol: payments since the newest are asked for, and no hole is behind it. */
  async #stored(symbol: string): Promise<Known> {
    const { redis, portfolio } = this.#deps;
    const { rates, fromMs, nextMs } = parseFunding(await redis.hgetall(portfolio.key(keys.funding(symbol))));
    const newestMs = rates.at(-1)?.atMs;
    return { nextMs, fromMs, newestMs, askedMs: -Infinity, againMs: FIRST_AGAIN_MS / 2 };
  }

  async #put(symbol: string, known: Known, fundings: FundingsReading['fundings'], oldestMs: number): Promise<void> {
    const { redis, portfolio } = this.#deps;
    if (known.nextMs === undefined && fundings.length === 0) return;
    const key = portfolio.key(keys.funding(symbol));
    const old = (await redis.hkeys(key)).filter((name) => Number(name) < oldestMs);
    const fields = fundings.flatMap((one) => [String(one.atMs), formatFunding(one)]);
    const bounds = [fundingBounds.from, String(known.fromMs), fundingBounds.next, String(known.nextMs)];
    const writing = redis.multi().hset(key, ...fields, ...(known.nextMs === undefined ? [] : bounds));
    if (old.length > 0) writing.hdel(key, ...old);
    await writing.expire(key, 2 * KEPT_DAYS * DAY_SEC).exec();
  }
}
