import type { SoftenedExit } from '../../../handlers/common/kept-exits.ts';
import { Openings } from '../../../handlers/common/openings.ts';
import { PlannedOpenings } from '../../../handlers/common/planned-openings.ts';
import type { CountRow } from '../../../handlers/common/report-counts.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { PlanCounts, type PlanFigures } from '../../../handlers/governor/report.ts';
import { ExitCounts, type ExitFigures } from '../../../handlers/heat-gate/report.ts';
import { BudgetCounts, type BudgetFigures, heldAgainstBudget } from '../../../handlers/risk-governor/report.ts';
import type { DecisionRecord } from '../../../schemas/decision.ts';
import { type ReadGate, readerOf } from '../../engine/status/faces.ts';
import { adjusted } from './adjusted.ts';
import { type Counterfactuals, counterfactuals, type NotPlayed, type Played } from './counterfactuals.ts';
import { type DecisionFigures, GateFigures } from './figures.ts';
import type { ValuationRules } from './kept-parts.ts';
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
import { PlainCollector } from './plain-report.ts';
import { type PlanMoney, planMoney } from './plan-money.ts';
import { HORIZONS_MS, type Uncertainty, uncertaintyOf } from './uncertainty.ts';
import { valued } from './valuation.ts';

interface Reported<G extends string> {
  readonly gate: G;
  readonly figures: DecisionFigures;
}

interface PlansReported {
  /** What the plans that it blocked, or would have, would have earned or lost. */
  readonly plan_money: PlanMoney;
}

/** The report on the risk governor. */
export type BudgetReport = Reported<'risk-governor'> & BudgetFigures & PlansReported;

/** The report on the governor. */
export type PlanReport = Reported<'governor'> & PlanFigures & PlansReported;

/** Full closes of a symbol, how many of them were (or would have been) softened, and what the kept parts earned. */
export interface SymbolRow extends CountRow {
  readonly valued: number;
  readonly pnl_usd: number;
}

/** The report on the heat gate: its counts, and what the kept parts of softened exits came to. */
export interface HeatReport extends Reported<'heat-gate'>, Omit<ExitFigures, 'symbols'> {
  readonly symbols: readonly SymbolRow[];
  readonly money: Money;
  /** The same in three readings. */
  readonly counterfactuals: Counterfactuals;
  /** How sure the first two of them are. */
  readonly uncertainty: Uncertainty;
  readonly drawdown: Drawdown | null;
  readonly path: readonly PathRow[];
  readonly regrets: readonly Regret[];
}

/** A play is made for the gate that is reported on. */
const OTHERS: NotPlayed = { reason: 'another gate was played' };

/** What a gate counts in the log for its report. */
interface GateCounts<R> {
  take(atMs: number, record: DecisionRecord): void;
  result(): R;
}

/** What a report says besides what is in the log. */
interface ReportedBeside {
  readonly played: Played;
  /** Policies that were tried on the same days; null where that is not known. */
  readonly tries: number | null;
}

/** Collects the figures that every gate has, and beside them what this one counts. */
class Collector<G extends string, R, C extends GateCounts<R>> {
  protected readonly counts: C;
  readonly #gate: G;
  readonly #name: string;
  readonly #figures: GateFigures;

  constructor(gate: G, judge: ReadGate, counts: C) {
    this.#gate = gate;
    this.#name = judge.name;
    this.#figures = new GateFigures(judge.name, readerOf(judge));
    this.counts = counts;
  }

  /** Takes one decision of any handler in, in the order of the log. */
  take(atMs: number, record: DecisionRecord): void {
    if (record.handler === this.#name) this.#figures.take(atMs, record);
    this.counts.take(atMs, record);
  }

  /** The report so far. */
  report(): Reported<G> & R {
    return { gate: this.#gate, figures: this.#figures.result(), ...this.counts.result() };
  }
}

/** Collects the report on a gate whose softened exits are valued by marks. */
export class KeptCollector extends Collector<'heat-gate', ExitFigures, ExitCounts> {
  constructor(judge: ReadGate) {
    super('heat-gate', judge, new ExitCounts());
  }

  /** The softened exits found so far. */
  get exits(): readonly SoftenedExit[] {
    return this.counts.exits;
  }

  /** The report, with the kept parts valued by the first source that can. */
  async valuedReport(
    sources: readonly MarkSource[],
    rules: ValuationRules,
    { played, tries }: ReportedBeside,
  ): Promise<HeatReport> {
    const { equity, openings } = this.counts;
    const valuation = await valued(this.exits, sources, equity, rules, { openings, horizonsMs: HORIZONS_MS });
    const money = moneyOf(valuation, rules);
    const parts = await adjusted(valuation, openings, rules);
    const counted = this.report();
    const pnl = pnlBySymbol(valuation);
    return {
      ...counted,
      symbols: counted.symbols.map((row) => ({ ...row, ...(pnl.get(row.name) ?? { valued: 0, pnl_usd: 0 }) })),
      money,
      counterfactuals: counterfactuals(valuation, parts, {
        money,
        rules,
        played: 'judged' in played ? OTHERS : played,
      }),
      uncertainty: uncertaintyOf(valuation, parts.exits, rules, tries),
      drawdown: drawdownOf(valuation.path),
      path: pathRows(valuation.path),
      regrets: regretsOf(valuation),
    };
  }
}

/** Collects the report on a gate whose blocked plans are valued by marks. */
class BlockedCollector<G extends 'risk-governor' | 'governor', R, C extends GateCounts<R>> extends Collector<G, R, C> {
  readonly #blockedBy: (record: DecisionRecord) => string | undefined;
  readonly #plans = new PlannedOpenings();
  readonly #openings = new Openings();
  #fromMs: number | undefined;

  /** `blockedBy` says under what a plan is counted that the gate blocked, or would have. */
  constructor(gate: G, judge: ReadGate, counts: C, blockedBy: (record: DecisionRecord) => string | undefined) {
    super(gate, judge, counts);
    this.#blockedBy = blockedBy;
  }

  override take(atMs: number, record: DecisionRecord): void {
    super.take(atMs, record);
    this.#fromMs ??= atMs;
    this.#openings.take(atMs, record);
    this.#plans.take(atMs, record, record.handler === 'governor' ? this.#blockedBy(record) : undefined);
  }

  /** The report, with the blocked plans valued by the first source that can. */
  async valuedReport(sources: readonly MarkSource[], rules: ValuationRules, { played, tries }: ReportedBeside) {
    const beside = { tries, played: 'original' in played ? OTHERS : played };
    const about = { openings: this.#openings.found, rules, fromMs: this.#fromMs ?? rules.endMs, ...beside };
    return { ...this.report(), plan_money: await planMoney(this.#plans.found, sources, about) };
  }
}

type BudgetCollector = BlockedCollector<'risk-governor', BudgetFigures, BudgetCounts>;
type PlanCollector = BlockedCollector<'governor', PlanFigures, PlanCounts>;
type AnyCollector = KeptCollector | BudgetCollector | PlanCollector | PlainCollector;

/** Under what a plan over its budget is counted. */
const OVER_BUDGET = { blocked: 'over budget, blocked', would_block: 'over budget, not blocked for it' } as const;

function overBudget(record: DecisionRecord): string | undefined {
  const held = heldAgainstBudget(record);
  return held === undefined || held === 'within' ? undefined : OVER_BUDGET[held];
}

function blockedFor({ verdict, reason }: DecisionRecord): string | undefined {
  return verdict === 'BLOCK' || verdict === 'WOULD_BLOCK' ? reason : undefined;
}

/** The gates of which more is told than of every gate: what they count stands in their folders. */
const COLLECTORS: Readonly<Record<string, (judge: AnyHandler) => AnyCollector>> = {
  'heat-gate': (judge) => new KeptCollector(judge),
  'risk-governor': (judge): BudgetCollector =>
    new BlockedCollector('risk-governor', judge, new BudgetCounts(), overBudget),
  governor: (judge): PlanCollector => new BlockedCollector('governor', judge, new PlanCounts(), blockedFor),
};

/** Whether a gate softens exits, whose kept parts are valued. */
export function keepsParts(judge: AnyHandler): boolean {
  return collectorOf(judge) instanceof KeptCollector;
}

/** How a month is played without the plans that a gate has blocked; undefined where it has none blocked. */
export function playedWithout({ gate }: AnyHandler): 'shadow' | 'executed' | undefined {
  if (gate === 'governor') return 'executed';
  return gate === 'risk-governor' ? 'shadow' : undefined;
}

/** Begins to collect the report on the gate of a handler. */
export function collectorOf(judge: AnyHandler): AnyCollector {
  return COLLECTORS[judge.gate]?.(judge) ?? new PlainCollector(judge);
}
