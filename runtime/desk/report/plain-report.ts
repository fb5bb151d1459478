import {
  CheckCounts,
  type CheckRow,
  type CountRow,
  Counts,
  HourlyCounts,
  type HourRow,
} from '../../../handlers/common/report-counts.ts';
import { type DecisionRecord, recordedChecks } from '../../../schemas/decision.ts';
import { type ReadGate, readerOf } from '../../engine/status/faces.ts';
import { type DecisionFigures, GateFigures } from './figures.ts';

/** The report on a gate of which nothing is told but what the log says of every gate (docs/evidence.md, Shadow report). */
export interface PlainReport {
  readonly gate: string;
  readonly figures: DecisionFigures;
  /** Decisions by their reason, by symbol and by hour; no level is read. */
  readonly by_reason: readonly CountRow[];
  readonly symbols: readonly CountRow[];
  readonly checks: readonly CheckRow[];
  readonly hours: readonly HourRow[];
}

/** Collects that report from a log, decision by decision. */
export class PlainCollector {
  readonly #gate: ReadGate & { readonly gate: string };
  readonly #figures: GateFigures;
  readonly #reasons = new Counts();
  readonly #symbols = new Counts();
  readonly #checks = new CheckCounts();
  readonly #hours = new HourlyCounts();

  constructor(gate: ReadGate & { readonly gate: string }) {
    this.#gate = gate;
    this.#figures = new GateFigures(gate.name, readerOf(gate));
  }

  /** Takes one decision of any handler in, in the order of the log. */
  take(atMs: number, record: DecisionRecord): void {
    if (record.handler !== this.#gate.name) return;
    const { changed } = this.#figures.take(atMs, record);
    const { reason, symbol, checks } = record;
    this.#reasons.add(reason, changed);
    if (symbol !== '') this.#symbols.add(symbol, changed);
    this.#checks.add(recordedChecks(checks));
    this.#hours.add(atMs, changed);
  }

  /** The report so far. */
  report(): PlainReport {
    return {
      gate: this.#gate.gate,
      figures: this.#figures.result(),
      by_reason: this.#reasons.rows(),
      symbols: this.#symbols.rows(),
      checks: this.#checks.rows(),
      hours: this.#hours.rows(),
    };
  }
}
