import { z } from 'zod';
import { tradingStates } from '../governor.ts';
import { heatBuckets, heatCauses } from '../heat-gate.ts';
import { JudgedFigures } from './judged-figure.ts';
import { MonthPair } from './month-pair.ts';
import { RiskAnswer } from './risk.ts';
import { list, SkippedCheck, UnixSeconds } from './shapes.ts';

const figure = z.number().nullable();

/** The heat of the portfolio now, and the thresholds in force. */
const HeatNow = z.object({
  value: z.number().describe('0 where the heat is not known'),
  bucket: z.enum(heatBuckets),
  heat_min: z.number(),
  heat_max: z.number(),
  cause: z.enum(heatCauses).nullable().describe('Why the heat is not known; null where it is'),
  meanwhile: z.string().nullable().describe('What the gate does while the heat is not known; null where it is'),
  risk_usd: z.number(),
  positions: z.number().int().describe('Positions that count'),
  silent: z.number().int().describe('Positions left out because nobody reports them any more'),
  sigma_missing: list(z.string()).describe('Symbols left out for want of a volatility, 64 at most'),
  notional_missing: list(z.string()).describe('Symbols left out for want of a notional, 64 at most'),
  judged: JudgedFigures.optional().describe('Figures that judge beside the heat; absent where none does'),
});

/** A position and its part of the heat; figures that are not known are null. */
export const PositionNow = z.object({
  symbol: z.string(),
  side: z.enum(['LONG', 'SHORT']).nullable(),
  notional_usd: figure,
  sigma: figure.describe('Volatility of a day'),
  contribution: figure.describe('What it adds to the heat'),
  share: figure.describe('Its share of all heat, 0 to 1'),
});

/** The kill switch. Who turned it on is known where the ledger says so. */
const KillNow = z.object({
  on: z.boolean(),
  actor: z.string().nullable(),
  reason: z.string().nullable(),
  since: UnixSeconds.nullable(),
});

/** Loss limits that were reached and are not released. */
const LossNow = z.object({
  known: z.boolean().describe('False: nothing opens, because losses are not known'),
  unconfirmed: z
    .string()
    .nullable()
    .describe('What of them waits for loss confirm: redis or file, which was lost, or unreadable; null where nothing'),
  tripped: list(
    z.object({
      reason: z.string(),
      loss: z.string().describe('With its unit'),
      limit: z.string().describe('With its unit'),
    }),
  ),
  paused_symbols: list(z.string())
    .optional()
    .describe('Symbols in which nothing opens after losses in a row; absent where there are none'),
});

/** The mode of a gate as stored. */
const GateNow = z.object({
  gate: z.string(),
  mode: z.string().describe('Empty where nothing is stored yet'),
  enforcing: z.boolean().describe('Whether what it decides has an effect'),
  actor: z.string(),
  reason: z.string(),
  since: UnixSeconds.nullable(),
  candidate: z.string().nullable().describe('Version of the policy that is judged by beside the one in force'),
  foreign: z
    .string()
    .nullable()
    .describe('Mode and limits that somebody wrote past Portcullis and that are not in force, in words'),
  skips: list(SkippedCheck).describe('The checks that its mode leaves out, or that refuse nothing in it'),
});

/** How much of a limit of the governor is used now. */
export const LimitNow = z.object({
  name: z.string(),
  label: z.string(),
  value: figure.describe('Null where it is a figure of each plan, or cannot be known'),
  limit: z.number(),
  headroom: figure,
  unit: z.enum(['count', 'usd', 'score', 'percent']),
  state: z.enum(['ok', 'near', 'reached', 'unknown']).describe('near: from four fifths of the limit on'),
  applies: z.boolean().describe('False where the mode of the governor skips it'),
  symbol: z.string().nullable().describe('The symbol the value is of, where each symbol has the limit for itself'),
});

/** What is wrong now, and what to do. */
export const Problem = z.object({
  key: z.string().describe('What it is about: the same for as long as it goes on'),
  severity: z.enum(['critical', 'warning']),
  what: z.string(),
  do: z.string().describe('A command or a sentence'),
  says: z.string().optional().describe('The same as a plain sentence, where `what` is a line of the doctor'),
  plan: z.string().optional().describe('The plan it was seen by last'),
  setting: z.string().optional().describe('The limit it is about, by the name of its setting'),
  since: UnixSeconds.nullable(),
});

/** A feed as its collector last told of it. */
const FeedNow = z.object({
  feed: z.string(),
  state: z.string(),
  age_sec: figure,
  source: z.string(),
  worker: z.string(),
  error: z.string(),
});

/** All that the responsible person sees first. */
export const Overview = z
  .object({
    at: UnixSeconds.describe('When this was so, by the clock of the portfolio'),
    portfolio: z.string(),
    equity_usd: figure,
    drawdown_pct: figure,
    state_age_sec: figure.describe('Age of the portfolio state'),
    heat: HeatNow,
    positions_known: z.boolean().describe('False where nobody reports positions, or their stream cannot be read'),
    positions: list(PositionNow).describe('The 64 largest contributions, then positions with something missing'),
    remainder: z
      .object({ positions: z.number().int(), contribution: figure })
      .describe('The priced positions that are not listed'),
    trading_state: z.enum(tradingStates),
    armed: z.boolean(),
    trading: z
      .object({ actor: z.string(), reason: z.string(), since: UnixSeconds.nullable() })
      .describe('Who changed the trading state last'),
    kill: KillNow,
    risk: RiskAnswer.optional().describe('Figures of the risk of the book; absent where none is kept'),
    loss: LossNow.optional().describe('Absent where no loss limit is set'),
    beside: MonthPair.optional().describe('Only of a demo that was played with limits too'),
    gates: list(GateNow),
    deciding: list(z.string()).describe('The gates that decide: each has a shadow report'),
    limits: list(LimitNow),
    problems: list(Problem).describe('Worst first'),
    feeds: list(FeedNow),
  })
  .meta({ id: 'Overview' });

/** A parsed `Overview`. */
export type Overview = z.output<typeof Overview>;

/** A parsed `Problem`. */
export type Problem = z.output<typeof Problem>;

/** A parsed `PositionNow`. */
export type PositionNow = z.output<typeof PositionNow>;

/** A parsed `LimitNow`. */
export type LimitNow = z.output<typeof LimitNow>;

/** Heat over time: the largest of each bin. */
export const HeatHistory = z
  .object({
    since: UnixSeconds,
    until: UnixSeconds,
    bin_sec: z.number().describe('Length of a bin; 0 where every point recorded is given'),
    points: list(
      z.object({
        at: UnixSeconds,
        heat: z.number(),
        bucket: z.enum(heatBuckets),
        known: z.boolean().describe('False where the heat was not known, and counted as 0 and COLD'),
        equity_usd: figure,
        gross_notional_usd: figure.describe(
          'US dollars of all positions, long and short; null where it was not known or kept',
        ),
      }),
    ),
  })
  .meta({ id: 'HeatHistory' });

/** A parsed `HeatHistory`. */
export type HeatHistory = z.output<typeof HeatHistory>;
