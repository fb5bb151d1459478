import { type DecisionRecord, recorded, recordedChecks } from '../../schemas/decision.ts';
import { RecordedBudgets, RecordedCycle } from '../../schemas/risk-governor.ts';
import { type CountRow, Counts, HourlyCounts, type HourRow } from '../common/report-counts.ts';

/** Cycles in which a symbol had a position, how many found it over its budget, and between what its budget moved; US dollars. */
export interface BudgetRow extends CountRow {
  readonly lowest_budget_usd: number;
  readonly highest_budget_usd: number;
  /** Most that its position was over its budget. */
  readonly worst_over_usd: number;
}

/** What the report on the risk governor counts (docs/evidence.md, Shadow report). */
export interface BudgetFigures {
  readonly symbols: readonly BudgetRow[];
  /** Cycles by hour, those with a violation as changed; the level is the heat that the budgets were made of. */
  readonly hours: readonly HourRow[];
  /** Times that a position went over its budget, and those that the next cycle did not see any more: look at these as false positives. */
  readonly violations: { readonly spells: number; readonly of_one_cycle: number };
  /** Plans of the governor with a budget to be held against: those over it, those blocked for it, those that would have been. */
  readonly plans: {
    readonly judged: number;
    readonly over_budget: number;
    readonly blocked: number;
    readonly would_block: number;
    readonly symbols: readonly CountRow[];
  };
}

/** What came of holding a logged plan against its budget; undefined where it had none. */
export function heldAgainstBudget({ checks }: DecisionRecord): 'within' | 'blocked' | 'would_block' | undefined {
  const check = recordedChecks(checks).find(({ gate }) => gate === 'p28_budget');
  if (typeof check?.limit !== 'number' || typeof check.value !== 'number') return undefined;
  if (check.value <= check.limit && check.verdict === 'pass') return 'within';
  return check.verdict === 'refuse' ? 'blocked' : 'would_block';
}

/** Counts what the log says of budgets, decision by decision. */
export class BudgetCounts {
  readonly #counts = new Counts();
  readonly #ranges = new Map<string, { lowest: number; highest: number; worst: number }>();
  readonly #hours = new HourlyCounts();
  readonly #spells = new Map<string, number>();
  readonly #violations = { spells: 0, of_one_cycle: 0 };
  readonly #plans = { judged: 0, over_budget: 0, blocked: 0, would_block: 0 };
  readonly #planSymbols = new Counts();

  /** Takes one decision of any handler in, in the order of the log. */
  take(atMs: number, record: DecisionRecord): void {
    if (record.handler === 'risk-governor') this.#takeCycle(atMs, record);
    if (record.handler === 'governor') this.#takePlan(record);
  }

  /** The counts so far. */
  result(): BudgetFigures {
    const symbols = this.#counts.rows().map((row) => {
      const { lowest, highest, worst } = this.#ranges.get(row.name) ?? { lowest: 0, highest: 0, worst: 0 };
      return { ...row, lowest_budget_usd: lowest, highest_budget_usd: highest, worst_over_usd: worst };
    });
    return {
      symbols,
      hours: this.#hours.rows(),
      violations: { ...this.#violations },
      plans: { ...this.#plans, symbols: this.#planSymbols.rows() },
    };
  }

  #takeCycle(atMs: number, record: DecisionRecord): void {
    const budgets = recorded(RecordedBudgets, record.facts)?.budgets ?? [];
    let anyOver = false;
    for (const { symbol, budget_usd, position_notional } of budgets) {
      if (position_notional === null || position_notional === 0) {
        this.#endSpell(symbol);
        continue;
      }
      const overUsd = Math.max(0, position_notional - budget_usd);
      anyOver ||= overUsd > 0;
      this.#counts.add(symbol, overUsd > 0);
      this.#range(symbol, budget_usd, overUsd);
      if (overUsd === 0) this.#endSpell(symbol);
      else this.#spells.set(symbol, (this.#spells.get(symbol) ?? this.#beginSpell()) + 1);
    }
    this.#hours.add(atMs, anyOver);
    const heat = recorded(RecordedCycle, record.facts)?.portfolio_heat;
    if (heat !== undefined) this.#hours.level(atMs, heat);
  }

  #takePlan(record: DecisionRecord): void {
    const held = heldAgainstBudget(record);
    if (held === undefined) return;
    this.#plans.judged += 1;
    this.#planSymbols.add(record.symbol, held !== 'within');
    if (held === 'within') return;
    this.#plans.over_budget += 1;
    if (held === 'blocked') this.#plans.blocked += 1;
    else this.#plans.would_block += 1;
  }

  #beginSpell(): number {
    this.#violations.spells += 1;
    return 0;
  }

  #endSpell(symbol: string): void {
    if (this.#spells.get(symbol) === 1) this.#violations.of_one_cycle += 1;
    this.#spells.delete(symbol);
  }

  #range(symbol: string, budgetUsd: number, overUsd: number): void {
    const known = this.#ranges.get(symbol) ?? { lowest: budgetUsd, highest: budgetUsd, worst: 0 };
    this.#ranges.set(symbol, {
      lowest: Math.min(known.lowest, budgetUsd),
      highest: Math.max(known.highest, budgetUsd),
      worst: Math.max(known.worst, overUsd),
    });
  }
}
