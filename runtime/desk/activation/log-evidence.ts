import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { decisionRecord, recordedChecks } from '../../../schemas/decision.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import type { GovernorGate } from '../../../schemas/governor-gates.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { readerOf } from '../../engine/status/faces.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import { type DecisionFigures, GateFigures } from '../report/figures.ts';

/** Names that are told apart, of symbols and of plans. */
const NAMES_AT_MOST = 10_000;
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
  /** Symbols that were decided about, at most 10,000 of them; and how many names verdicts were about. */
  readonly symbols: readonly string[];
  readonly symbols_judged: number;
  /** Hours of the clock (Unix ms / 3,600,000) with a decision, in order. */
  readonly hours: readonly number[];
  /** Exits that were judged, each plan once, at most 10,000 of them; null where its decisions tell of none. */
  readonly exits: number | null;
  /** Decisions that compared a plan with a budget, and Unix ms of the last. */
  readonly budgets_read: number;
  readonly budget_read_ms: number | null;
}

/** Collects the evidence of a gate, decision by decision in the order of the log; memory does not grow with their number. */
export class EvidenceLog {
  readonly #judge: AnyHandler;
  readonly #figures: GateFigures;
  readonly #symbols = new Set<string>();
  readonly #judged = new Set<string>();
  readonly #exits = new Set<string>();
  readonly #hours = new Set<number>();
  #tellsExits = false;
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
    const atMs = streamIdMs(decision.id);
    const record = decisionRecord(decision.fields);
    const { exit, verdicts } = this.#figures.take(atMs, record);
    this.#writeFailures += parseNumber(unwritten) ?? 0;
    this.#hours.add(Math.floor(atMs / HOUR_MS));
    if (exit !== undefined) this.#tellsExits = true;
    if (exit === true) keep(this.#exits, record.planId);
    for (const name of [symbol, ...verdicts.map(([one]) => one)]) keep(this.#judged, name);
    keep(this.#symbols, symbol);
  }

  /** What they come to so far. */
  result(): LogEvidence {
    return {
      figures: this.#figures.result(),
      inputs_told: this.#judge.reading !== undefined,
      write_failures: this.#writeFailures,
      symbols: [...this.#symbols],
      symbols_judged: this.#judged.size,
      hours: [...this.#hours].sort((a, b) => a - b),
      exits: this.#tellsExits ? this.#exits.size : null,
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

function keep(names: Set<string>, name: string): void {
  if (name !== '' && names.size < NAMES_AT_MOST) names.add(name);
}
