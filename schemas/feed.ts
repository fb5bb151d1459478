/** The feeds by their names in `FEEDS`, and the handler that judges what each collects. */
export const feedHandlers = {
  account: 'portfolio-state',
  market: 'market-state',
  cluster: 'cluster-stress',
} as const;

/** The name of a feed. */
export type FeedName = keyof typeof feedHandlers;

/** The names of all feeds, in the order in which one needs the other. */
export const feedNames = Object.keys(feedHandlers) as readonly FeedName[];

/** Whether a handler judges what a feed collects: undefined where it has nothing to do with feeds. */
export function feedOfHandler(handler: string): FeedName | undefined {
  return feedNames.find((feed) => feedHandlers[feed] === handler);
}

/** What may be told on `feed.events` (contract §5). */
export const feedEvents = [
  'EQUITY_DOUBTED',
  'EQUITY_CONFIRMED',
  'EQUITY_DISMISSED',
  'HWM_CORRECTED',
  'TRANSFER_UNPRICED',
  'POSITION_CLOSED',
  'POSITION_DIFFERS',
  'TRADE_CLOSED',
] as const;

/** The name of an event on `feed.events`. */
export type FeedEvent = (typeof feedEvents)[number];

/** Why a reading of the account is not believed yet (contract §5, Input trust). */
export const doubtReasons = ['equity_not_positive', 'equity_fell', 'equity_rose', 'positions_vanished'] as const;

/** One of `doubtReasons`. */
export type DoubtReason = (typeof doubtReasons)[number];
