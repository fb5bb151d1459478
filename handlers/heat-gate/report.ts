import { plainAction } from '../../schemas/action.ts';
import { type DecisionRecord, recorded } from '../../schemas/decision.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { HeatSummary } from '../../schemas/heat-facts.ts';
import { RecordedCycle } from '../../schemas/risk-governor.ts';
import type { EquityReading, SoftenedExit } from '../common/kept-exits.ts';
import { type Opening, Openings } from '../common/openings.ts';
import { type CountRow, Counts, HourlyCounts, type HourRow, share } from '../common/report-counts.ts';
import { SoftenedExits } from './softened-exits.ts';

/** What the report on the heat gate counts (docs/evidence.md, Shadow report). */
export interface ExitFigures {
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
  readonly symbols: readonly CountRow[];
  /** Full closes by hour; the level is the heat. */
  readonly hours: readonly HourRow[];
  /** The thresholds of the last decision; null without one. */
  readonly thresholds: { readonly heat_min: number; readonly heat_max: number } | null;
}

/** Counts what the log says of exits, decision by decision; keeps softened exits and hourly sums. */
export class ExitCounts {
  readonly #exits = new SoftenedExits();
  readonly #openings = new Openings();
  readonly #equity = new HourlyEquity();
  readonly #buckets = new Counts();
  readonly #symbols = new Counts();
  readonly #hours = new HourlyCounts();
  #thresholds: ExitFigures['thresholds'] = null;
  #fullCloses = 0;

  /** The softened exits found so far. */
  get exits(): readonly SoftenedExit[] {
    return this.#exits.found;
  }

  /** Takes one decision of any handler in, in the order of the log. */
  take(atMs: number, record: DecisionRecord): void {
    this.#exits.take(atMs, record);
    this.#openings.take(atMs, record);
    if (record.handler === 'heat-gate') this.#takeExit(atMs, record);
    if (record.handler === 'risk-governor') this.#takeCycle(atMs, record);
  }

  /** The permitted plans that open, in the order of the log. */
  get openings(): readonly Opening[] {
    return this.#openings.found;
  }

  /** The readings of equity, the last of every hour, in order of time. */
  get equity(): readonly EquityReading[] {
    return this.#equity.readings();
  }

  /** The counts so far. */
  result(): ExitFigures {
    const exits = this.exits.length;
    const enforced = this.exits.filter((exit) => exit.enforced).length;
    return {
      full_closes: this.#fullCloses,
      decided_by_heat: this.#buckets.rows().reduce((sum, { decisions }) => sum + decisions, 0),
      softened: { exits, share: share(exits, this.#fullCloses), done: enforced, would_be: exits - enforced },
      buckets: this.#buckets.rows(),
      symbols: this.#symbols.rows(),
      hours: this.#hours.rows(),
      thresholds: this.#thresholds,
    };
  }

  #takeExit(atMs: number, record: DecisionRecord): void {
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

/** Keeps the last reading of equity in every hour. */
class HourlyEquity {
  readonly #readings = new Map<number, EquityReading>();

  /** Takes a reading in; readings come in order of time. */
  take(reading: EquityReading): void {
    this.#readings.set(Math.floor(reading.atMs / HOUR_MS), reading);
  }

  /** The readings that were kept, in order of time. */
  readings(): readonly EquityReading[] {
    return [...this.#readings.values()].sort((a, b) => a.atMs - b.atMs);
  }
}
