import type { Strategy } from '../../../schemas/strategy.ts';
import type { Account } from './account.ts';
import { dueExits, newEntries, type SizedEntry } from './hour-plans.ts';
import type { Market } from './market.ts';
import type { Counts } from './summary.ts';
import type { Exit } from './wire.ts';

/** How many proposals were made, and how many of them came to no plan, by why. */
export interface ProposalCounts {
  readonly made: number;
  readonly left_out: Counts;
}

/** Coins of a symbol, below 0 when short. */
export interface Holding {
  readonly symbol: string;
  readonly qty: number;
}

/** Who proposes in a play. */
export interface Trader {
  /** What is held from an hour on without a plan: taken as bought by hand at its close, before anything else. */
  held?(hour: number): readonly Holding[];
  /** The exits of an hour; asked first. */
  exits(hour: number): readonly Exit[] | Promise<readonly Exit[]>;
  /** The entries of the same hour, once its exits are executed. */
  entries(hour: number): readonly SizedEntry[];
  /** What was proposed; nothing where rules propose, which leave nothing out. */
  proposals(): ProposalCounts | undefined;
}

/** What a trader looks at: the market up to the hour it is asked about, and the book of the play. */
export interface TraderDeps {
  readonly market: Market;
  readonly strategy: Strategy;
  readonly account: Account;
}

/** Makes the trader of a play. */
export type MakeTrader = (deps: TraderDeps) => Trader;

/** Proposes by the rules of the strategy. */
export function ruleTrader({ market, strategy, account }: TraderDeps): Trader {
  return {
    exits: (hour) => dueExits(strategy, account, (symbol) => market.close(symbol, hour), hour),
    entries: (hour) => newEntries(strategy, market, account, hour),
    proposals: () => undefined,
  };
}
