import type { Strategy } from '../../../schemas/strategy.ts';
import type { Runtime } from '../../engine/status/types.ts';
import type { Account } from './account.ts';
import { type Broker, PaperBroker } from './broker.ts';
import type { FundingRules } from './funded-book.ts';
import type { Link } from './link.ts';
import type { Market } from './market.ts';
import { rulesInWords } from './rules-in-words.ts';
import { GUARD_SETTINGS, LOSS_WATCHER, PLAY_HANDLERS, PLAY_SETTINGS } from './settings.ts';
import { DEMO_STRATEGY } from './strategy.ts';
import type { ExchangeSummary } from './summary.ts';
import type { Trader } from './trader.ts';

/** What is played: a strategy on a market, over the player's side of the wire, and the strategy's own book. */
export interface PlayDeps {
  readonly market: Market;
  readonly strategy: Strategy;
  readonly link: Link;
  readonly account: Account;
  readonly trader: Trader;
  readonly funding: FundingRules;
  /** Whether plans that are blocked are executed all the same. */
  readonly executesBlocked?: boolean | undefined;
  /** The handlers that wait for a tick in every hour. */
  readonly ticked: readonly string[];
}

/** Where a market is played: what runs, and where its orders go. */
export interface Stage {
  /** The handlers that play. */
  readonly handlers: readonly string[];
  /** The settings they are started with. */
  readonly settings: Readonly<Record<string, string>>;
  /** What is simulated and by which rules, in words. */
  readonly rules: Readonly<Record<string, string>>;
  /** Makes the broker, once the gates run. */
  open(deps: PlayDeps, running: RunningGates): Promise<OpenStage>;
}

/** A stage while it is played on. */
export interface OpenStage {
  readonly broker: Broker;
  /** Looks at an hour after the gates have judged it; `heat` is the one they published, if they had one. */
  hourJudged(hour: number, heat: number): Promise<void>;
  /** What the summary says of the exchange; nothing where there is none. */
  exchange(): ExchangeSummary | undefined;
  close(): Promise<void>;
}

/** What a stage needs of the running gates. */
export type RunningGates = Pick<Runtime, 'redisOf' | 'portfolios' | 'metrics' | 'log' | 'workerName'>;

/** The same stage with limits on losses and on shock. */
export function guarded(stage: Stage): Stage {
  const limits = 'judged once an hour, on the equity at its close; a limit of the day lets go when the day turns (UTC)';
  return {
    ...stage,
    handlers: [...stage.handlers, LOSS_WATCHER],
    settings: { ...stage.settings, ...GUARD_SETTINGS },
    rules: { ...stage.rules, loss_limits: limits },
  };
}

/** Fills on paper: prices, positions and the portfolio are published by the player itself. */
export const PAPER_STAGE: Stage = {
  handlers: PLAY_HANDLERS,
  settings: PLAY_SETTINGS,
  rules: rulesInWords(DEMO_STRATEGY),
  open: async (deps) => ({
    broker: new PaperBroker(deps),
    hourJudged: async () => undefined,
    exchange: () => undefined,
    close: async () => undefined,
  }),
};
