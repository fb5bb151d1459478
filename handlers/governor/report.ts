import { actionKind } from '../../schemas/action.ts';
import { type DecisionRecord, recorded, recordedChecks } from '../../schemas/decision.ts';
import { RecordedFigures, RecordedPlan } from '../../schemas/governor-record.ts';
import {
  CheckCounts,
  type CheckRow,
  type CountRow,
  Counts,
  HourlyCounts,
  type HourRow,
} from '../common/report-counts.ts';

/** Plans refused for one reason, and what they were worth, US dollars. */
export interface ReasonRow {
  readonly reason: string;
  readonly blocked: number;
  /** Plans that would have been blocked: in dry run. */
  readonly would_block: number;
  readonly notional_usd: number;
}

/** What the report on the governor counts (docs/evidence.md, Shadow report). */
export interface PlanFigures {
  /** Plans that open and plans that close, by what became of them. */
  readonly opens: { readonly plans: number; readonly blocked: number; readonly would_block: number };
  readonly closes: { readonly plans: number; readonly blocked: number };
  /** What was permitted and what was not (or would not have been) of plans that open, US dollars. */
  readonly permitted_usd: number;
  readonly refused_usd: number;
  readonly reasons: readonly ReasonRow[];
  readonly checks: readonly CheckRow[];
  /** Plans that open, by symbol and by hour; the level is the gross notional of all positions, US dollars. */
  readonly symbols: readonly CountRow[];
  readonly hours: readonly HourRow[];
}

/** Counts what the log says of plans, decision by decision. */
export class PlanCounts {
  readonly #opens = { plans: 0, blocked: 0, would_block: 0 };
  readonly #closes = { plans: 0, blocked: 0 };
  readonly #usd = { permitted: 0, refused: 0 };
  readonly #reasons = new Map<string, { blocked: number; would_block: number; notional_usd: number }>();
  readonly #checks = new CheckCounts();
  readonly #symbols = new Counts();
  readonly #hours = new HourlyCounts();

  /** Takes one decision of any handler in, in the order of the log. */
  take(atMs: number, record: DecisionRecord): void {
    if (record.handler !== 'governor') return;
    const { verdict } = record;
    if (verdict === 'IGNORED' || verdict === 'DUPLICATE') return;
    const passed = verdict === 'PERMIT' || verdict === 'WOULD_PERMIT';
    const notionalUsd = passed ? 0 : this.#refusedUsd(record);
    if (!passed) this.#refuse(record, notionalUsd);
    if (actionKind(record.action, recorded(RecordedPlan, record.input)?.reduce_only === true) === 'CLOSE') {
      this.#closes.plans += 1;
      if (!passed) this.#closes.blocked += 1;
    } else this.#takeOpen(atMs, record, passed);
  }

  /** The counts so far. */
  result(): PlanFigures {
    const reasons = [...this.#reasons].map(([reason, row]) => ({ reason, ...row }));
    return {
      opens: { ...this.#opens },
      closes: { ...this.#closes },
      permitted_usd: this.#usd.permitted,
      refused_usd: this.#usd.refused,
      reasons: reasons.sort((a, b) => b.blocked + b.would_block - a.blocked - a.would_block),
      checks: this.#checks.rows(),
      symbols: this.#symbols.rows(),
      hours: this.#hours.rows(),
    };
  }

  #takeOpen(atMs: number, record: DecisionRecord, passed: boolean): void {
    this.#opens.plans += 1;
    if (record.verdict === 'BLOCK') this.#opens.blocked += 1;
    if (record.verdict === 'WOULD_BLOCK') this.#opens.would_block += 1;
    this.#symbols.add(record.symbol, !passed);
    this.#hours.add(atMs, !passed);
    const figures = recorded(RecordedFigures, record.facts);
    const planUsd = figures?.plan_notional_usd ?? 0;
    this.#usd[passed ? 'permitted' : 'refused'] += planUsd;
    const grossUsd = figures?.gross_notional_usd ?? null;
    if (grossUsd !== null) this.#hours.level(atMs, grossUsd);
    this.#checks.add(recordedChecks(record.checks));
  }

  #refusedUsd(record: DecisionRecord): number {
    return recorded(RecordedFigures, record.facts)?.plan_notional_usd ?? 0;
  }

  #refuse({ verdict, reason }: DecisionRecord, notionalUsd: number): void {
    const known = this.#reasons.get(reason) ?? { blocked: 0, would_block: 0, notional_usd: 0 };
    this.#reasons.set(reason, known);
    if (verdict === 'WOULD_BLOCK') known.would_block += 1;
    else known.blocked += 1;
    known.notional_usd += notionalUsd;
  }
}
