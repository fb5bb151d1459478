import type { z } from 'zod';
import type { LedgerVerdict as LedgerVerdictSchema } from '../../../../schemas/api/ledger.ts';
import type { Policies as PoliciesSchema } from '../../../../schemas/api/policy.ts';
import type { Strategies as StrategiesSchema } from '../../../../schemas/api/strategy.ts';

export type { ActivationView, Rehearsal, RolledBack } from '../../../../schemas/api/activation.ts';
export type { Activity, ActivityHours } from '../../../../schemas/api/activity.ts';
export type { BudgetRow, Budgets, BudgetViolation } from '../../../../schemas/api/budget.ts';
export type { DeadLetter, DeadLetterCounts, DeadLetterPage } from '../../../../schemas/api/dead-letter.ts';
export type { DecisionPage, DecisionRow as Row, LiveDecisions } from '../../../../schemas/api/decision.ts';
export type { DemoNow } from '../../../../schemas/api/demo.ts';
export type { DoctorAnswer } from '../../../../schemas/api/doctor.ts';
export type { Gates } from '../../../../schemas/api/gate.ts';
export type { LedgerPage, LedgerRow } from '../../../../schemas/api/ledger.ts';
export type { HeatHistory, LimitNow, Overview, PositionNow, Problem } from '../../../../schemas/api/overview.ts';
export type { Evaluation } from '../../../../schemas/api/plan.ts';
export type { PolicyPage, PolicyPreview, PolicyView } from '../../../../schemas/api/policy.ts';
export type { ActionPreview, PreviewBody } from '../../../../schemas/api/preview.ts';
export type { ProofRun } from '../../../../schemas/api/proof.ts';
export type { Session } from '../../../../schemas/api/session.ts';
export type { ShadowReport } from '../../../../schemas/api/shadow.ts';

/** What a look over the whole ledger found. */
export type LedgerVerdict = z.output<typeof LedgerVerdictSchema>;

/** The policies of all gates. */
export type Policies = z.output<typeof PoliciesSchema>;

/** The strategies that are known of. */
export type Strategies = z.output<typeof StrategiesSchema>;
