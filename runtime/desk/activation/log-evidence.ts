import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { recordedChecks } from '../../../schemas/decision.ts';
import type { GovernorGate } from '../../../schemas/governor-gates.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { readerOf } from '../../engine/status/faces.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import { type DecisionFigures, GateFigures } from '../report/figures.ts';

const SYMBOLS_AT_MOST = 10_000;
/** The check by which a decision compares a plan with the budget of its symbol. */
const BUDGET_CHECK: GovernorGate = 'p28_budget';

/** Whether somebody uses what a gate writes, in words. */
export interface Wiring {
  readonly wired: boolean;
  readonly found: string;
}

/** What the decision log says of a gate over a time. */
export interface LogEvidence {
  readonly figures: DecisionFigures;
  /** Whether its decisions tell what inputs they rest on. */
  readonly inputs_told: boolean;
  /** Writes that could not be made. */
  readonly write_failures: number;
  /** Symbols that were decided about, at most 10,000 of them. */
  readonly symbols: readonly string[];
  /** Decisions that compared a plan with a budget, and Unix ms of the last. */
  readonly budgets_read: number;
  readonly budget_read_ms: number | null;
}

/** Collects the evidence of a gate, decision by decision in the order of the log; memory does not grow with their number. */
export class EvidenceLog {
  readonly #judge: AnyHandler;
  readonly #figures: GateFigures;
  readonly #symbols = new Set<string>();
  #writeFailures = 0;
  #budgetsRead = 0;
  #budgetReadMs: number | null = null;

  /** `settings` are those by which the decisions are read; the defaults of the gate where none are given. */
  constructor(judge: AnyHandler, settings?: unknown) {
    this.#judge = judge;
    this.#figures = new GateFigures(judge.name, readerOf(judge, settings));
  }

  /** Takes one decision in, of this gate or of one that shows what became of its word. */
  add(decision: LoggedDecision): void {
    const { handler, symbol = '', unwritten } = decision.fields;
    if (this.#judge.usedWhen === 'budgets_compared') this.#readsBudget(decision);
    if (handler !== this.#judge.name) return;
    this.#figures.add(decision);
    this.#writeFailures += parseNumber(unwritten) ?? 0;
    if (symbol !== '' && this.#symbols.size < SYMBOLS_AT_MOST) this.#symbols.add(symbol);
  }

  /** What they come to so far. */
  result(): LogEvidence {
    return {
      figures: this.#figures.result(),
      inputs_told: this.#judge.reading !== undefined,
      write_failures: this.#writeFailures,
      symbols: [...this.#symbols],
      budgets_read: this.#budgetsRead,
      budget_read_ms: this.#budgetReadMs,
    };
  }

  #readsBudget({ id, fields }: LoggedDecision): void {
    if (fields.checks?.includes(BUDGET_CHECK) !== true) return;
    const budget = recordedChecks(fields.checks).find(({ gate }) => gate === BUDGET_CHECK);
    if (budget === undefined || budget.verdict === 'skipped') return;
    this.#budgetsRead += 1;
    this.#budgetReadMs = streamIdMs(id);
  }
}
