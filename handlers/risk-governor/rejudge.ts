import { type DecisionRecord, recorded } from '../../schemas/decision.ts';
import { RecordedCycle, type RiskGovernorSettings } from '../../schemas/risk-governor.ts';
import { judgedAgain } from '../common/book-risk/judged.ts';
import type { Ruling } from '../contract/effects.ts';
import type { Rules } from '../contract/handler.ts';
import { BUDGETS, budgetFor, judgedHeat, rulingOf } from './cycle.ts';

/** Rules over a logged cycle again: how many positions other budgets would have found too large. Others rest on time alone. */
export function rejudgeCycle(
  record: DecisionRecord,
  { settings, mode }: Rules<RiskGovernorSettings>,
): Ruling | undefined {
  const { verdict, reason } = record;
  if (verdict !== BUDGETS) return { verdict, reason };
  const cycle = recorded(RecordedCycle, record.facts);
  if (cycle === undefined || record.input === '') return undefined;
  const risk = judgedAgain(cycle.risk, settings);
  if (risk === undefined) return undefined;
  const basis = { heat: judgedHeat(cycle.portfolio_heat, risk), equityUsd: cycle.equity_usd };
  const symbols = [
    ...cycle.budgets.map((one) => [one.cluster_stress, one.vol_regime, one.position_notional] as const),
    ...cycle.more_positions,
  ];
  const over = symbols.filter(([clusterStress, volRegime, notional]) => {
    const inputs = { symbol: '', clusterStress, volRegime, notionalUsd: notional ?? undefined };
    return budgetFor(inputs, basis, settings).overUsd > 0;
  });
  return rulingOf(reason, over.length, mode);
}
