import { doubtReasons } from '../../schemas/feed.ts';
import type { MetricSpec } from '../contract/handler.ts';

/** What becomes of readings of the account. */
export const readingVerdicts = ['trusted', 'doubted', 'unusable', 'older'] as const;

/** What a trade came to, fees left out: one of which something was missed is `unknown`, and counts as a loss. */
export const tradeResults = ['gain', 'loss', 'even', 'unknown'] as const;

/** Metric families of the account feed (contract §5). */
export const ACCOUNT_METRICS: readonly MetricSpec[] = [
  {
    name: 'feed_readings_total',
    type: 'counter',
    help: 'Readings of the account by what became of them',
    labels: ['verdict'],
    initial: readingVerdicts.map((verdict) => ({ verdict })),
  },
  {
    name: 'feed_doubts_total',
    type: 'counter',
    help: 'Readings that were not believed at first, by reason',
    labels: ['reason'],
    initial: doubtReasons.map((reason) => ({ reason })),
  },
  {
    name: 'feed_account_doubted',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: '1 while the newest reading of the account is not believed',
  },
  { name: 'feed_equity_usd', type: 'gauge', help: 'Equity as last believed' },
  { name: 'feed_high_water_mark_usd', type: 'gauge', help: 'High-water mark of equity, transfers taken out' },
  { name: 'feed_drawdown_pct', type: 'gauge', help: 'Percent that equity is below its high-water mark' },
  { name: 'feed_transfers_total', type: 'counter', help: 'Deposits and withdrawals that moved the high-water mark' },
  {
    name: 'feed_trades_total',
    type: 'counter',
    help: 'Trades from flat to flat by what they came to',
    labels: ['result'],
    initial: tradeResults.map((result) => ({ result })),
  },
  {
    name: 'feed_losses_in_a_row',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: 'Trades that lost since the last that gained',
  },
  {
    name: 'feed_position_differences_total',
    type: 'counter',
    help: "Positions of other producers that were not the exchange's",
    labels: ['where'],
    initial: [{ where: 'position.snapshot' }, { where: 'state:positions' }],
  },
  {
    name: 'feed_positions_differing',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: 'Symbols with such a difference in the last ten minutes',
  },
  {
    name: 'feed_position_write_fail_total',
    type: 'counter',
    help: 'Position hashes that could not be written',
  },
];
