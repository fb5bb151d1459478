import { AccountReport } from '../../schemas/account.ts';
import { DoubtSettings, doubtSettingNames, type DoubtSettings as Limits } from '../../schemas/account-doubt.ts';
import { timestamp } from '../../schemas/api/streams/described.ts';
import { snapshotStream } from '../../schemas/api/streams/runtime.ts';
import { keys, streams } from '../../schemas/keys.ts';
import { parseDifference, parseMemory } from '../../schemas/portfolio-state.ts';
import { ALL_SYMBOLS, parseStreak } from '../../schemas/trades.ts';
import { ACCOUNT_METRICS } from '../common/feed-metrics.ts';
import { nothing, type Outcome } from '../contract/effects.ts';
import { defineHandler, observer, stream } from '../contract/handler.ts';
import { computed, hash } from '../contract/reads.ts';
import { drawdownPct, highWaterMark } from './high-water-mark.ts';
import { judge } from './judge.ts';
import { reported } from './views.ts';

const reads = {
  memory: hash(keys.highWaterMark),
  doubt: hash(keys.doubt),
  held: hash(keys.feedHeld),
  differences: hash(keys.feedDifferences),
  trades: hash(keys.trades),
  streaks: hash(keys.lossStreaks),
  reported: computed(reported),
};

/** The account feed: what an exchange account was read to hold becomes the portfolio state and the positions (contract §5). */
export default defineHandler<AccountReport, Limits, typeof reads>({
  name: 'portfolio-state',
  gate: 'feeds',
  decides: false,
  summary: 'Keeps the portfolio state, the high-water mark and the positions as the exchange account has them.',
  on: stream(streams.feedAccount, { group: 'portfolio_state' }),
  message: AccountReport,
  settings: DoubtSettings,
  settingNames: doubtSettingNames,
  input: {
    summary: 'Readings of an exchange account',
    fields: { source: 'The exchange', taken_ms: 'Unix ms', reading: 'JSON object', 'told?': 'JSON object' },
    writers: 'Portcullis',
    readers: '',
    internal: true,
    more: true,
  },
  outputs: [
    snapshotStream,
    {
      direction: 'out',
      name: streams.feedEvents,
      summary: 'What the account feed noticed',
      writers: 'Account feed',
      readers: 'Dashboards',
      fields: {
        event: 'Such as `EQUITY_DOUBTED` or `POSITION_DIFFERS`',
        symbol: 'Symbol; empty where there is none',
        reason: 'Why',
        detail: 'In words',
        timestamp,
      },
    },
  ],
  withoutModes: 'it keeps the state of account and market fresh',
  serial: true,
  batch: 1,
  metrics: ACCOUNT_METRICS,
  reads: () => reads,
  handle: (report, ctx) => judge(report, ctx.facts, ctx.settings, ctx.nowMs),
  onFailure: (_report, failure): Outcome => ({
    ...nothing,
    log: [{ level: 'error', text: `account feed: a reading could not be used (${failure.reason})` }],
  }),
  observe: observer({
    reads: () => ({
      memory: reads.memory,
      doubt: reads.doubt,
      differences: reads.differences,
      streaks: reads.streaks,
    }),
    gauges: ({ facts }) => {
      const { marks, equityUsd } = parseMemory(facts.memory.fields);
      const markUsd = highWaterMark(marks);
      const differing = Object.values(facts.differences.fields ?? {}).filter((text) => parseDifference(text)?.told);
      const streak = parseStreak(facts.streaks.fields?.[ALL_SYMBOLS]);
      return [
        { metric: 'feed_account_doubted', set: facts.doubt.fields === null ? 0 : 1 },
        { metric: 'feed_positions_differing', set: differing.length },
        ...(streak === undefined ? [] : [{ metric: 'feed_losses_in_a_row', set: streak.losses }]),
        ...(equityUsd === undefined ? [] : [{ metric: 'feed_equity_usd', set: equityUsd }]),
        ...(markUsd === undefined ? [] : [{ metric: 'feed_high_water_mark_usd', set: markUsd }]),
        ...(equityUsd === undefined ? [] : [{ metric: 'feed_drawdown_pct', set: drawdownPct(equityUsd, markUsd) }]),
      ];
    },
  }),
});
