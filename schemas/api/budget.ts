import { z } from 'zod';
import { list, UnixSeconds } from './shapes.ts';

const figure = z.number().nullable();

/** The budget of a symbol beside its position. US dollars; what is not known is null. */
export const BudgetRow = z
  .object({
    symbol: z.string(),
    budget_usd: figure,
    notional_usd: figure,
    headroom_usd: figure,
    stress: figure.describe('What the budget was reduced by, 0 to 1'),
    heat_stress: figure.describe('ALPHA_HEAT in force now × the heat the budget was made at'),
    cluster_stress: figure.describe('BETA_CLUSTER in force now × the stress of its cluster'),
    vol_stress: figure.describe('GAMMA_VOL in force now × what its volatility adds'),
    age_sec: figure,
    stale: z
      .boolean()
      .describe('Whether the governor takes the budget for missing: there is none, or it is over 60 s old'),
    violation: z.boolean().describe('Whether the notional is above the budget now'),
  })
  .meta({ id: 'BudgetRow' });

/** A parsed `BudgetRow`. */
export type BudgetRow = z.output<typeof BudgetRow>;

/** A violation as it was reported. */
export const BudgetViolation = z
  .object({
    id: z.string(),
    at: UnixSeconds,
    symbol: z.string(),
    notional_usd: z.number(),
    budget_usd: z.number(),
    over_usd: z.number(),
    mode: z.string(),
  })
  .meta({ id: 'BudgetViolation' });

/** A parsed `BudgetViolation`. */
export type BudgetViolation = z.output<typeof BudgetViolation>;

/** The budgets of all active symbols, least headroom first, and the newest violations, newest first. */
export const Budgets = z
  .object({
    at: UnixSeconds,
    mode: z.string(),
    symbols: list(BudgetRow),
    violations: list(BudgetViolation),
  })
  .meta({ id: 'Budgets' });

/** A parsed `Budgets`. */
export type Budgets = z.output<typeof Budgets>;
