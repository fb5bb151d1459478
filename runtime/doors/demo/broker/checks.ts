import { DAY_HOURS } from '../../../../schemas/duration.ts';
import { keys } from '../../../../schemas/keys.ts';
import { parseNumber, round10 } from '../../../../schemas/number.ts';
import type { Account } from '../../../market/player/account.ts';
import type { Link } from '../../../market/player/link.ts';
import type { Market } from '../../../market/player/market.ts';
import type { ExchangeSummary } from '../../../market/player/summary.ts';

/** How the market feed of the demo estimates a volatility, in hours. */
export const ESTIMATE = { lookback: 168, halfLife: 24 } as const;

/** What is compared with the strategy's own book, in words. */
export const CHECKS_IN_WORDS =
  "equity and number of positions as the feeds published them, with the strategy's own book; heat as the gates " +
  'published it, with that book at the closes of the data: |quantity| × close × the root of the mean squared hourly log ' +
  `return (${ESTIMATE.lookback} closes, half the weight every ${ESTIMATE.halfLife} hours) × √24, over equity`;

/** Holds what the feeds made of the exchange's account against the strategy's own book, hour by hour. */
export class FeedChecks {
  readonly #market: Market;
  readonly #link: Link;
  readonly #account: Account;
  #hours = 0;
  #equityUsd = 0;
  #positions = 0;
  #heat = 0;

  constructor(market: Market, link: Link, account: Account) {
    this.#market = market;
    this.#link = link;
    this.#account = account;
  }

  /** Looks at the hour that was just judged; `heat` is the one that the gates published. */
  async hourJudged(hour: number, heat: number): Promise<void> {
    const state = await this.#link.hash(keys.portfolioState);
    const equityUsd = this.#account.equityUsd((symbol) => this.#market.close(symbol, hour));
    this.#hours += 1;
    this.#equityUsd = worse(this.#equityUsd, parseNumber(state.equity_usd), equityUsd);
    this.#positions = worse(this.#positions, parseNumber(state.positions_count), this.#account.positions().length);
    this.#heat = worse(this.#heat, heat, this.#riskUsd(hour) / equityUsd);
  }

  /** The largest differences so far: dollars to a thousandth of a cent, heat to eight digits. */
  differences(): ExchangeSummary['largest_differences'] {
    return {
      hours: this.#hours,
      equity_usd: Math.round(this.#equityUsd * 1e5) / 1e5,
      positions: this.#positions,
      heat: Math.round(this.#heat * 1e8) / 1e8,
    };
  }

  #riskUsd(hour: number): number {
    return this.#account.positions().reduce((sum, { symbol, qty }) => {
      return sum + Math.abs(qty) * this.#market.close(symbol, hour) * sigmaDaily(this.#market, symbol, hour);
    }, 0);
  }
}

/** The daily volatility of a symbol from the closes alone, as `CHECKS_IN_WORDS` says. */
export function sigmaDaily(market: Market, symbol: string, hour: number): number {
  let squares = 0;
  let weights = 0;
  for (let back = 0; back < Math.min(hour, ESTIMATE.lookback - 1); back += 1) {
    const change = Math.log(market.close(symbol, hour - back) / market.close(symbol, hour - back - 1));
    const weight = 2 ** (-back / ESTIMATE.halfLife);
    squares += weight * change * change;
    weights += weight;
  }
  return Math.sqrt((squares / weights) * DAY_HOURS);
}

/** The larger of the difference so far and that of these two; what was not published at all differs without bound. */
function worse(soFar: number, published: number | undefined, own: number): number {
  return Math.max(soFar, published === undefined ? Number.MAX_VALUE : round10(Math.abs(published - own)));
}
