import {
  type CandleHour,
  type CandleStrategy,
  ProposalError,
  proposalOf,
  type ReadProposal,
} from '../../../schemas/candle-proposal.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { shown } from '../../../schemas/setting.ts';
import type { SizedEntry } from './hour-plans.ts';
import { indicatorsAt, warmUpHours } from './indicators.ts';
import { quantityFor } from './strategy.ts';
import { countBy } from './summary.ts';
import type { Holding, ProposalCounts, Trader, TraderDeps } from './trader.ts';
import type { Exit } from './wire.ts';

type Opening = Extract<ReadProposal, { readonly open: string }>;
type Closing = Extract<ReadProposal, { readonly close: string }>;

/** A strategy of the user's, with what it has to say beside its proposals. */
export interface OwnStrategy extends CandleStrategy {
  /** Proposals that it never came to make, by why: one of each word. */
  readonly unmade?: () => readonly string[];
  /** What is held from the hour that closes then (Unix ms) on, without a proposal. */
  readonly held?: (closeMs: number) => readonly Holding[];
}

/** A strategy of the user's failed: says in which hour, and how. */
export class StrategyError extends Error {}

/** Proposes what a strategy of the user's says, hour by hour, from the first hour with a volatility on. */
export class OwnTrader implements Trader {
  readonly #deps: TraderDeps;
  readonly #own: OwnStrategy;
  readonly #planIds = new Set<string>();
  readonly #leftOut: string[] = [];
  #openings: readonly Opening[] = [];
  #made = 0;

  constructor(deps: TraderDeps, own: OwnStrategy) {
    this.#deps = deps;
    this.#own = own;
  }

  async exits(hour: number): Promise<readonly Exit[]> {
    this.#openings = [];
    if (hour < warmUpHours(this.#deps.strategy)) return [];
    const proposals = await this.#asked(hour);
    this.#made += proposals.length;
    this.#openings = proposals.filter((proposal): proposal is Opening => 'open' in proposal);
    const closings = proposals.filter((proposal): proposal is Closing => 'close' in proposal);
    const closed = new Set<string>();
    return closings.flatMap((closing) => {
      const exit = closed.has(closing.close) ? undefined : this.#exit(closing, hour);
      closed.add(closing.close);
      return exit ?? this.#leaveOut('close of a symbol that is not held');
    });
  }

  held(hour: number): readonly Holding[] {
    const { market, account, strategy } = this.#deps;
    if (hour < warmUpHours(strategy)) return [];
    const holdings = this.#own.held?.(market.closedAtMs(hour)) ?? [];
    return holdings.flatMap((holding) => {
      if (!market.symbols.includes(holding.symbol)) return this.#leaveOut('position of a symbol without candles');
      return account.get(holding.symbol) === undefined ? [holding] : [];
    });
  }

  entries(hour: number): readonly SizedEntry[] {
    const opened = new Set<string>();
    return this.#openings.flatMap((opening) => {
      const { open: symbol } = opening;
      if (!this.#deps.market.symbols.includes(symbol)) return this.#leaveOut('open of a symbol without candles');
      if (opened.has(symbol) || this.#deps.account.get(symbol) !== undefined) {
        return this.#leaveOut('open of a symbol that is held');
      }
      opened.add(symbol);
      return this.#entry(opening, hour);
    });
  }

  proposals(): ProposalCounts {
    const unmade = this.#own.unmade?.() ?? [];
    return { made: this.#made + unmade.length, left_out: countBy([...this.#leftOut, ...unmade]) };
  }

  #exit(closing: Closing, hour: number): Exit | undefined {
    const {
      close: symbol,
      reason,
      reason_codes: codes,
      share,
      straight = false,
      qty = Infinity,
      plan_id,
      strategy,
    } = closing;
    const position = this.#deps.account.get(symbol);
    if (position === undefined) return undefined;
    const planId = this.#new(plan_id ?? `exit-${symbol}-${hour}`, hour);
    const named = strategy === undefined ? {} : { strategy };
    const exit = {
      ...named,
      ...(codes && { reasonCodes: codes }),
      planId,
      symbol,
      reason,
      qty: position.qty,
      price: this.#deps.market.close(symbol, hour),
    };
    return straight
      ? { ...exit, straightQty: Math.min(qty, Math.abs(position.qty) * (share ?? 1)) }
      : { ...exit, ...(share && { share }) };
  }

  #entry(
    { open: symbol, side, qty, notional_usd = 0, kill_score, plan_id, strategy: asker }: Opening,
    hour: number,
  ): readonly SizedEntry[] {
    const { market, strategy } = this.#deps;
    const price = market.close(symbol, hour);
    const sized = qty ?? quantityFor(notional_usd, price);
    if (sized <= 0) return this.#leaveOut('open of less than a thousandth');
    const planId = this.#new(plan_id ?? `entry-${symbol}-${hour}`, hour);
    const sigmaDaily = indicatorsAt(market, symbol, hour, strategy)?.sigmaDaily ?? 0;
    return [
      { planId, symbol, side, qty: sized, price, killScore: kill_score, sigmaDaily, ...(asker && { strategy: asker }) },
    ];
  }

  async #asked(hour: number): Promise<readonly ReadProposal[]> {
    try {
      const said: unknown = await this.#own.propose(this.#hour(hour));
      if (!Array.isArray(said)) throw new ProposalError(`expected a list of proposals, got ${shown(said)}`);
      return said.map(proposalOf);
    } catch (error) {
      throw new StrategyError(`${this.#at(hour)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #hour(hour: number): CandleHour {
    const { market, account } = this.#deps;
    const prices = Object.fromEntries(market.symbols.map((symbol) => [symbol, market.close(symbol, hour)] as const));
    const positions = account.positions().map(({ symbol, qty, entryPrice, openedHour }) => {
      return { symbol, qty, entry_price: entryPrice, held_hours: hour - openedHour };
    });
    const closes = (symbol: string, count: number) => {
      const from = Math.max(0, hour + 1 - Math.max(0, Math.floor(count)));
      return Array.from({ length: hour + 1 - from }, (_, at) => market.close(symbol, from + at));
    };
    const equity_usd = account.equityUsd((symbol) => market.close(symbol, hour));
    return { at: this.#at(hour), hour, symbols: market.symbols, prices, closes, equity_usd, positions };
  }

  /** A plan id must be new: the governor answers a second plan of the same id with the first one's answer. */
  #new(planId: string, hour: number): string {
    if (this.#planIds.has(planId)) {
      throw new StrategyError(`${this.#at(hour)}: expected a plan_id that is new, got ${planId} again`);
    }
    this.#planIds.add(planId);
    return planId;
  }

  #leaveOut(why: string): readonly [] {
    this.#leftOut.push(why);
    return [];
  }

  #at(hour: number): string {
    return new Date(this.#deps.market.closedAtMs(hour)).toISOString();
  }
}

type Recorded = { readonly atMs: number; readonly proposal: ReadProposal };

/**
 * A strategy that makes proposals of a list again, each at the close of the hour in which it was made; and has held what it
 * is said to, each from a moment (Unix ms) on, unless a close of it all came before the first hour it is asked about.
 */
export function recordedStrategy(
  recorded: readonly Recorded[],
  holdings: readonly (Holding & { readonly atMs: number })[] = [],
): OwnStrategy {
  const sorted = recorded.toSorted((a, b) => a.atMs - b.atMs);
  let next: number | undefined;
  let waiting = holdings;
  let before = 0;
  return {
    propose: ({ at }) => {
      const closeMs = Date.parse(at);
      if (next === undefined) {
        before = sorted.findIndex(({ atMs }) => atMs > closeMs - HOUR_MS);
        if (before < 0) before = sorted.length;
        next = before;
      }
      const from = next;
      while ((sorted[next]?.atMs ?? Infinity) <= closeMs) next += 1;
      return sorted.slice(from, next).map(({ proposal }) => proposal);
    },
    held: (closeMs) => {
      const due = waiting.filter(({ atMs }) => atMs <= closeMs);
      waiting = waiting.filter(({ atMs }) => atMs > closeMs);
      return due.filter((holding) => !sorted.some((one) => closesBefore(one, holding, closeMs - HOUR_MS)));
    },
    unmade: () => {
      const after = sorted.length - (next ?? 0);
      return [...words('before the first hour with a volatility', before), ...words('after the last hour', after)];
    },
  };
}

/** Whether a proposal closed all of a holding by a moment, Unix ms. */
function closesBefore(
  { atMs, proposal }: Recorded,
  holding: Holding & { readonly atMs: number },
  byMs: number,
): boolean {
  if (!('close' in proposal) || proposal.close !== holding.symbol || atMs < holding.atMs || atMs > byMs) return false;
  return proposal.share === undefined && proposal.qty === undefined;
}

function words(why: string, count: number): readonly string[] {
  return Array.from({ length: count }, () => `proposed ${why}`);
}
