import { plainAction } from '../../../schemas/action.ts';
import { type DecisionRecord, recorded } from '../../../schemas/decision.ts';
import { HeatSummary } from '../../../schemas/heat-facts.ts';
import { RecordedCycle } from '../../../schemas/risk-governor.ts';
import { type ReadGate, readerOf } from '../../engine/status/faces.ts';
import { type CountRow, Counts, HourlyCounts, type HourRow } from './counts.ts';
import { HourlyEquity } from './equity.ts';
import { type DecisionFigures, GateFigures, share } from './figures.ts';
import type { MarkSource } from './marks.ts';
import {
  type Drawdown,
  drawdownOf,
  type Money,
  moneyOf,
  type PathRow,
  pathRows,
  pnlBySymbol,
  type Regret,
  regretsOf,
} from './money.ts';
import { type SoftenedExit, SoftenedExits } from './softened-exits.ts';
import { type ValuationRules, valued } from './valuation.ts';

/** Full closes of a symbol, how many of them were (or would have been) softened, and what the kept parts earned. */
export interface SymbolRow extends CountRow {
  readonly valued: number;
  readonly pnl_usd: number;
}

/** The report on the heat gate (docs/evidence.md, Shadow report). */
export interface HeatReport {
  readonly gate: 'heat-gate';
  readonly figures: DecisionFigures;
  /** Full closes proposed, those that heat decided over, and those that were softened, or would have been (shadow). */
  readonly full_closes: number;
  readonly decided_by_heat: number;
  readonly softened: {
    readonly exits: number;
    readonly share: number | null;
    readonly done: number;
    readonly would_be: number;
  };
  /** Full closes by the bucket that decided over them. */
  readonly buckets: readonly CountRow[];
  readonly symbols: readonly SymbolRow[];
  /** Full closes by hour; the level is the heat. */
  readonly hours: readonly HourRow[];
  /** The thresholds of the last decision; null without one. */
  readonly thresholds: { readonly heat_min: number; readonly heat_max: number } | null;
  readonly money: Money;
  readonly drawdown: Drawdown | null;
  readonly path: readonly PathRow[];
  readonly regrets: readonly Regret[];
}

/** Collects the report on the heat gate from a log, decision by decision; keeps softened exits and hourly sums. */
export class HeatCollector {
  readonly #figures: GateFigures;
  readonly #exits = new SoftenedExits();
  readonly #equity = new HourlyEquity();
  readonly #buckets = new Counts();
  readonly #symbols = new Counts();
  readonly #hours = new HourlyCounts();
  #thresholds: HeatReport['thresholds'] = null;
  #fullCloses = 0;

  constructor(gate: ReadGate) {
    this.#figures = new GateFigures(gate.name, readerOf(gate));
  }

  /** The softened exits found so far. */
  get exits(): readonly SoftenedExit[] {
    return this.#exits.found;
  }

  /** Takes one decision of any handler in, in the order of the log. */
  take(atMs: number, record: DecisionRecord): void {
    this.#exits.take(atMs, record);
    if (record.handler === 'heat-gate') this.#takeExit(atMs, record);
    if (record.handler === 'risk-governor') this.#takeCycle(atMs, record);
  }

  /** The report, with the kept parts valued by the first source that can. */
  async report(sources: readonly MarkSource[], rules: ValuationRules): Promise<HeatReport> {
    const valuation = await valued(this.exits, sources, this.#equity.readings(), rules);
    const enforced = this.exits.filter((exit) => exit.enforced).length;
    const pnl = pnlBySymbol(valuation);
    const symbols = this.#symbols
      .rows()
      .map((row) => ({ ...row, ...(pnl.get(row.name) ?? { valued: 0, pnl_usd: 0 }) }));
    const exits = this.exits.length;
    return {
      gate: 'heat-gate',
      figures: this.#figures.result(),
      full_closes: this.#fullCloses,
      decided_by_heat: this.#buckets.rows().reduce((sum, { decisions }) => sum + decisions, 0),
      softened: { exits, share: share(exits, this.#fullCloses), done: enforced, would_be: exits - enforced },
      buckets: this.#buckets.rows(),
      symbols,
      hours: this.#hours.rows(),
      thresholds: this.#thresholds,
      money: moneyOf(valuation, rules),
      drawdown: drawdownOf(valuation.path),
      path: pathRows(valuation.path),
      regrets: regretsOf(valuation),
    };
  }

  #takeExit(atMs: number, record: DecisionRecord): void {
    this.#figures.take(atMs, record);
    const facts = recorded(HeatSummary, record.facts);
    if (facts !== undefined) {
      this.#thresholds = facts.thresholds;
      if (facts.cause === undefined) this.#hours.level(atMs, facts.heat);
      if (facts.equity_usd !== null) this.#equity.take({ atMs, equityUsd: facts.equity_usd });
    }
    if (plainAction(record.action) !== 'FULL_CLOSE') return;
    const softened = record.verdict === 'DOWNGRADE';
    this.#fullCloses += 1;
    this.#symbols.add(record.symbol, softened);
    this.#hours.add(atMs, softened);
    const { reason } = record;
    if (reason !== 'protective_exit_unchanged') this.#buckets.add(bucketOf(reason), softened);
  }

  #takeCycle(atMs: number, { facts }: DecisionRecord): void {
    const cycle = recorded(RecordedCycle, facts);
    if (cycle === undefined) return;
    this.#equity.take({ atMs, equityUsd: cycle.equity_usd });
    this.#hours.level(atMs, cycle.portfolio_heat);
  }
}

/** The bucket in the reason of a full close; heat that is not known is judged as COLD (contract §1, FAIL-CLOSED). */
function bucketOf(reason: string): string {
  return /^portfolio_heat_(\w+)$/.exec(reason)?.[1]?.toUpperCase() ?? 'COLD (heat unknown)';
}
