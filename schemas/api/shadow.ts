import { z } from 'zod';
import { CandidateReport, Counterfactuals, FundingSum, PlanMoney, Uncertainty } from './counterfactuals.ts';
import { list, UnixSeconds } from './shapes.ts';

const figure = z.number().nullable();
const count = z.number().int();
const share = figure.describe('0 to 1; null where there is nothing to be shared');
const counts = z.record(z.string(), count).readonly();

/** Decisions of one name, and on how many of them the gate stood in the way, or would have. */
const CountRow = z.object({ name: z.string(), decisions: count, changed: count, changed_share: share });

/** Rows by symbol, those with the most changed first, 50 at most. */
const symbolsOf = <T extends z.ZodType>(row: T) => ({
  symbols: list(row).describe('Those with the most changed first, 50 at most'),
  more_symbols: count.describe('Symbols that are not listed'),
});

const hours = list(
  z.object({
    at: UnixSeconds,
    decisions: count,
    changed: count,
    level: figure.describe('Null where nothing was read'),
  }),
);

/** What the decisions of a gate over a time come to. */
const ShadowFigures = z
  .object({
    gate: z.string(),
    from: UnixSeconds.nullable().describe('The first decision; null without any'),
    to: UnixSeconds.nullable(),
    hours: z.number().describe('From the first decision to the last'),
    longest_gap_sec: z.number(),
    decisions: count,
    modes: counts.describe('Decisions by the mode they were made in'),
    verdicts: counts,
    reasons: counts,
    changed: count.describe('Decisions on which the gate stood in the way, or would have'),
    changed_share: share,
    errors: count.describe('Messages that could not be judged'),
    with_inputs: count.describe('Decisions that rest on inputs'),
    fresh: count,
    stale: count,
    missing: count,
    fresh_share: share,
    stale_rate: share,
    incomplete: count.describe('Decisions on figures from which positions were left out'),
    verdict_pairs: count.describe('Verdicts with another on the same symbol in the hour before'),
    flips: count.describe('How many of these differ from it'),
    flip_rate: share,
    protective_exits: count,
    protective_exits_changed: count,
  })
  .meta({ id: 'ShadowFigures' });

/** What the kept parts of softened exits came to against the original exits. US dollars. */
const ShadowMoney = z
  .object({
    horizon_sec: z.number().describe('A kept part is followed for so long at most'),
    fee_bps: z.number(),
    softened: count,
    valued: count.describe('Those whose kept part could be valued'),
    valued_share: share,
    not_valued: counts.describe('The others, by why'),
    sources: counts.describe('Valued ones by where their prices are from'),
    ends: counts.describe('Valued ones by what ended the kept part'),
    kept_usd: z.number().describe('Notional of the kept parts at the decisions'),
    pnl_usd: z.number().describe('What they earned'),
    funding: FundingSum,
    pnl_shadow_usd: z.number().describe('Of exits that would have been softened'),
    pnl_enforced_usd: z.number().describe('Of exits that were'),
    gained: z.object({ exits: count, usd: z.number() }),
    lost: z.object({ exits: count, usd: z.number() }),
  })
  .meta({ id: 'ShadowMoney' });

/** A softened exit whose kept part lost money. */
const Regret = z
  .object({
    at: UnixSeconds,
    ended_at: UnixSeconds,
    end: z.string().describe('What ended the kept part'),
    symbol: z.string(),
    plan_id: z.string(),
    side: z.enum(['LONG', 'SHORT']),
    enforced: z.boolean().describe('Whether it was softened; in shadow it would have been'),
    softened_to: z.string(),
    reason: z.string(),
    heat: figure,
    kept_usd: z.number(),
    from_price: z.number(),
    to_price: z.number(),
    source: z.string().describe('Where the prices are from'),
    pnl_usd: z.number(),
  })
  .meta({ id: 'Regret' });

const about = {
  portfolio: z.string(),
  since: UnixSeconds,
  until: UnixSeconds,
  looked_at: count.describe('Decisions of all gates that were looked at'),
  stopped: z.boolean().describe('Whether time ran out: it is made of the oldest decisions then'),
  figures: ShadowFigures,
  candidate: CandidateReport.nullable().describe('Null where no decision was judged by a candidate'),
  hours: hours.describe('The newest 744 hours in which there was anything'),
};

const HeatReport = z.object({
  ...about,
  ...symbolsOf(CountRow.extend({ valued: count, pnl_usd: z.number().describe('What the kept parts earned') })),
  gate: z.literal('heat-gate'),
  full_closes: count,
  decided_by_heat: count.describe('Full closes that heat decided over'),
  softened: z.object({ exits: count, share, done: count, would_be: count }),
  buckets: list(CountRow).describe('Full closes by the bucket that decided over them'),
  thresholds: z.object({ heat_min: z.number(), heat_max: z.number() }).nullable().describe('Of the last decision'),
  money: ShadowMoney,
  counterfactuals: Counterfactuals,
  uncertainty: Uncertainty,
  drawdown: z
    .object({
      start_equity_usd: z.number(),
      end_equity_without_usd: z.number(),
      end_equity_with_usd: z.number(),
      max_drawdown_without: share,
      max_drawdown_with: share,
    })
    .nullable()
    .describe('Equity with the kept parts and without them; null without a reading of equity'),
  regrets: list(Regret).describe('The ten that lost most, worst first'),
});

const BudgetReport = z.object({
  ...about,
  ...symbolsOf(
    CountRow.extend({
      lowest_budget_usd: z.number(),
      highest_budget_usd: z.number(),
      worst_over_usd: z.number().describe('Most that its position was over its budget'),
    }),
  ),
  gate: z.literal('risk-governor'),
  violations: z.object({
    spells: count.describe('Times that a position went over its budget'),
    of_one_cycle: count.describe('Those that the next cycle did not see any more'),
  }),
  plans: z
    .object({ judged: count, over_budget: count, blocked: count, would_block: count, ...symbolsOf(CountRow) })
    .describe('Plans of the governor with a budget to be held against'),
  plan_money: PlanMoney.describe('Of plans over their budget'),
});

const CheckRow = z.object({ check: z.string(), judged: count, refused: count, would_refuse: count });

const PlanReport = z.object({
  ...about,
  ...symbolsOf(CountRow),
  gate: z.literal('governor'),
  opens: z.object({ plans: count, blocked: count, would_block: count }),
  closes: z.object({ plans: count, blocked: count }),
  permitted_usd: z.number().describe('Of plans that open'),
  refused_usd: z.number(),
  reasons: list(z.object({ reason: z.string(), blocked: count, would_block: count, notional_usd: z.number() })),
  checks: list(CheckRow),
  plan_money: PlanMoney.describe('Of plans that were blocked, or would have been'),
});

const PlainReport = z.object({
  ...about,
  ...symbolsOf(CountRow),
  gate: z.string().describe('Any other gate: of these nothing is told but what the log says of every gate'),
  by_reason: list(CountRow).describe('Decisions by their reason, those with the most changed first'),
  checks: list(CheckRow),
});

/**
 * The shadow report on a gate, as a page shows it. The level of an hour is the heat, for the governor the gross notional.
 * One that has `by_reason` is on a gate without figures of its own.
 */
export const ShadowReport = z.union([HeatReport, BudgetReport, PlanReport, PlainReport]).meta({ id: 'ShadowReport' });

/** A parsed `ShadowReport`. */
export type ShadowReport = z.output<typeof ShadowReport>;
