import { z } from 'zod';
import { list, UnixSeconds } from './shapes.ts';

const usd = z.number();
const usdOrNull = z.number().nullable();
const count = z.number().int();
const counts = z.record(z.string(), count).readonly();
const share = z.number().nullable().describe('0 to 1; null where there is nothing to be shared');

/** What funding comes to in a sum of dollars. */
export const FundingSum = z
  .object({
    low_rate: z.number().describe('Share of the notional every eight hours, above 0 long pays, at least; and at most'),
    high_rate: z.number(),
    paid_usd: usd.describe('Paid by recorded rates, below 0 received: it is in the sum'),
    not_recorded: count.describe('Of how many a payment is not recorded'),
    moves_usd: z.object({ low: usd, high: usd }).describe('By how much these payments move the sum, at those rates'),
  })
  .meta({ id: 'FundingSum' });

const column = {
  softened: count.describe('Softened exits'),
  valued: count.describe('Those whose kept part could be valued'),
  pnl_usd: usd.describe('What softening came to against the original exits'),
  funding: FundingSum,
  end_equity_usd: usdOrNull.describe('With the kept parts; null without a reading of equity'),
  max_drawdown: share,
};

const PlayedMonth = z.object({
  end_equity_usd: usd,
  max_drawdown: z.number(),
  entries_asked: count,
  entries_permitted: count,
  exits_proposed: count,
  blocks: counts.describe('Plans blocked, by reason'),
});

/** A month played again in two ways, of which the second is held against the first. */
function playedWays<A extends string, B extends string>(one: A, other: B, pnl: string) {
  const both = <T extends z.ZodType>(of: T) => ({ [one]: of, [other]: of }) as Record<A | B, T>;
  return z.object({
    strategy: z.string(),
    from: z.string(),
    to: z.string(),
    ...both(PlayedMonth),
    pnl_usd: usd.describe(pnl),
    funding: PlayedFunding,
    proposals: z
      .object({
        opens: count,
        closes: count,
        held: count.describe('Positions that no plan of the log opened'),
        not_carried: counts.describe('What is in the log and cannot be proposed again as it was'),
        left_out: z.object(both(counts)).describe('Proposals that came to no plan'),
        logged_end_equity_usd: usdOrNull.describe('The last reading of the log'),
      })
      .optional()
      .describe("Where the log's own proposals were made again"),
    starts: list(z.object({ hours_later: count, pnl_usd: usd })).describe('The same from each starting hour'),
  });
}

const PlayedFunding = FundingSum.extend({
  payments: count.describe('Payments in which the two differ; not_recorded is of them'),
}).meta({ id: 'PlayedFunding' });

const NotPlayed = z.object({ reason: z.string() });
const PlayedExits = playedWays(
  'original',
  'softened',
  'Equity at the end less recorded funding, softened less original',
);
const PlayedPlans = playedWays(
  'judged',
  'unblocked',
  'Equity at the end less recorded funding: without these blocks, less as it is judged',
);

const sureness = {
  exits: count,
  days: count.describe('Days that were looked at'),
  block_days: count,
  blocks: count.describe('Blocks of days that are drawn'),
  interval_usd: z.object({ low: usd, high: usd }).nullable().describe('95 %; null with fewer than 10 blocks'),
  distinguishable: z.boolean().nullable().describe('Whether 0 is outside of it'),
};

const DeflatedSharpe = z
  .object({
    tries: count.nullable().describe('Policies tried on these days, this one among them; null where that is not known'),
    days: count,
    sharpe: z.number().nullable().describe('Mean of the daily results over their deviation; null without a spread'),
    sharpe_of_luck: z.number().nullable().describe('The best that so many tries without skill come to'),
    deflated: z
      .number()
      .nullable()
      .describe('Probability, 0 to 1, that the true ratio is above that; null with fewer than 20 days'),
  })
  .meta({ id: 'DeflatedSharpe' });

/** How sure the direct and the adjusted reading are. US dollars. */
export const Uncertainty = z
  .object({
    resamples: count,
    seed: count,
    direct: z.object(sureness),
    adjusted: z.object(sureness),
    sharpe: DeflatedSharpe,
    horizons: list(z.object({ horizon_sec: z.number(), pnl_usd: usd, ...sureness })).describe('Direct, by horizon'),
    splits: list(
      z.object({
        by: z.enum(['heat bucket', 'volatility', 'side']),
        name: z.string(),
        pnl_usd: usd,
        ...sureness,
      }),
    ).describe('Direct, by what the exits have in common'),
  })
  .meta({ id: 'Uncertainty' });

/** What softening came to in three readings. US dollars. */
export const Counterfactuals = z
  .object({
    horizon_sec: z.number().describe('A kept part is followed for so long at most; there is none in what is played'),
    direct: z.object(column).describe('Each exit by itself, all other trades unchanged: the headline'),
    adjusted: z
      .object({
        ...column,
        not_valued: counts.describe('Exits that could not be valued, by why'),
        ended_usd: z.record(z.string(), usd).readonly().describe('Kept notional by what ended it'),
        most_kept_usd: usd.describe('Most kept notional at once'),
        overlaps: z.object({
          exits: count.describe('Kept parts whose symbol was opened while they would have been held'),
          opposite: count.describe('Those of them where it was opened on the opposite side'),
          list: list(
            z.object({
              at: UnixSeconds,
              symbol: z.string(),
              plan_id: z.string(),
              opened_by: z.string(),
              opposite: z.boolean(),
            }),
          ).describe('The first 50'),
        }),
        breaches: z.object({
          count: count.describe('Times that a cap would not have held with the kept parts'),
          list: list(
            z.object({
              at: UnixSeconds,
              cap: z.string(),
              limit: z.number().describe('US dollars, or positions'),
              without: z.number().describe('Without the kept parts'),
              with: z.number(),
              ended: list(z.string()).describe('Plans of the exits of which something ended there'),
            }),
          ).describe('The first 50'),
        }),
      })
      .describe('A kept part ends at an opposite fill up to its quantity, and where it stands over a cap'),
    played: z.union([PlayedExits, NotPlayed]).describe('The whole month again through the gates; or why there is none'),
    differences: list(z.string()).describe('Why they differ, in sentences'),
  })
  .meta({ id: 'Counterfactuals' });

const planRow = z.object({
  name: z.string(),
  plans: count,
  valued: count,
  usd: usd.describe('What the valued ones were worth'),
  direct_usd: usd,
  adjusted_usd: usd,
});

/** What plans that a gate blocked, or would have, would have earned or lost. US dollars. */
export const PlanMoney = z
  .object({
    horizon_sec: z.number().describe('A plan is followed up to the next exit of its strategy, so long at most'),
    fee_bps: z.number(),
    plans: count,
    valued: count,
    not_valued: counts,
    usd,
    direct: z.object({ pnl_usd: usd, funding: FundingSum, ...sureness }).describe('Each plan by itself'),
    adjusted: z
      .object({
        pnl_usd: usd,
        funding: FundingSum,
        plans: count,
        repeats: count.describe('Asked for again while it would have been held: left out'),
        ended_usd: z.record(z.string(), usd).readonly(),
        ...sureness,
      })
      .describe('Each trade once, and where other trades left room for it'),
    sharpe: DeflatedSharpe.describe('Of blocking them: the direct reading by the day, its sign turned'),
    played: z
      .union([PlayedPlans, NotPlayed])
      .describe('The whole month again without these blocks; or why there is none'),
    by_reason: list(planRow),
    by_strategy: list(planRow),
  })
  .meta({ id: 'PlanMoney' });

/** What candidate policies said of the decisions of a gate. US dollars. */
export const CandidateReport = z
  .object({
    decisions: count.describe('Decisions that a candidate was asked about'),
    differ: count,
    failed: count,
    passed: count.describe('What went through, as decided'),
    candidate_passed: count,
    versions: list(
      z.object({ version: z.string(), from: UnixSeconds, to: UnixSeconds, decisions: count, differ: count }),
    ),
    changes: list(z.object({ in_force: z.string(), candidate: z.string(), decisions: count, usd: usdOrNull })),
    days: list(
      z.object({
        at: UnixSeconds,
        decisions: count,
        differ: count,
        passed: count,
        candidate_passed: count,
        usd: usd.describe('Worth of plans that the candidate alone lets through, less those it alone stops'),
        pnl_usd: usd.describe('What the difference came to'),
        not_valued: count,
      }),
    ),
    money: z
      .object({
        horizon_sec: z.number(),
        fee_bps: z.number(),
        effects: count.describe('Kept parts or plans in which the difference is one of money'),
        valued: count,
        not_valued: counts,
        pnl_usd: usd.describe('The candidate less what was decided'),
        funding: FundingSum,
        ...sureness,
      })
      .nullable()
      .describe('Null where the decisions of the gate are neither exits nor plans'),
  })
  .meta({ id: 'CandidateReport' });
