import { type DecisionRecord, recorded } from '../../schemas/decision.ts';
import { RecordedCycle, type RiskGovernorSettings } from '../../schemas/risk-governor.ts';
import { judgedAgain } from '../common/book-risk/judged.ts';
import type { Ruling } from '../contract/effects.ts';
import type { Rules } from '../contract/handler.ts';
import { BUDGETS, type Budget, budgetFor, judgedHeat, rulingOf } from './cycle.ts';

/** Rules over a logged cycle again: how many positions other budgets would have found too large. Others rest on time alone. */
export function rejudgeCycle(
  record: DecisionRecord,
  { settings, mode }: Rules<RiskGovernorSettings>,
): Ruling | undefined {
  const { verdict, reason } = record;
  if (verdict !== BUDGETS) return { verdict, reason };
  const cycle = recorded(RecordedCycle, record.facts);
  if (cycle === undefined || record.input === '') return undefined;
  const budgets = budgetsAgain(cycle, settings);
  return budgets && rulingOf(reason, budgets.filter(({ overUsd }) => overUsd > 0).length, mode);
}

/** The budgets of a logged cycle under other settings: of the symbols it names, in their order, then of the positions it does not. */
export function budgetsAgain(cycle: RecordedCycle, settings: RiskGovernorSettings): readonly Budget[] | undefined {
  const risk = judgedAgain(cycle.risk, settings);
  if (risk === undefined) return undefined;
  const basis = { heat: judgedHeat(cycle.portfolio_heat, risk), equityUsd: cycle.equity_usd };
  const symbols = [
    ...cycle.budgets.map((one) => [one.cluster_stress, one.vol_regime, one.position_notional] as const),
    ...cycle.more_positions,
  ];
  return symbols.map(([clusterStress, volRegime, notional]) =>
    budgetFor({ symbol: '', clusterStress, volRegime, notionalUsd: notional ?? undefined }, basis, settings),
  );
}
