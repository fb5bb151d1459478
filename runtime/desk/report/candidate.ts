import type { SoftenedExit } from '../../../handlers/common/kept-exits.ts';
import { isOpening, PlannedOpenings } from '../../../handlers/common/planned-openings.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { differs } from '../../../handlers/contract/ruling.ts';
import { type DecisionRecord, LoggedCandidate, recorded, recordedChecks } from '../../../schemas/decision.ts';
import { DAY_MS, DAY_SEC } from '../../../schemas/duration.ts';
import { RecordedWorth } from '../../../schemas/governor-record.ts';
import { readerOf } from '../../engine/status/faces.ts';
import { type CandidateMoney, type Effect, effectOf, moneyOf } from './candidate-money.ts';
import { collectorOf, KeptCollector } from './gate-report.ts';
import type { ValuationRules } from './kept-parts.ts';
import type { MarkSource } from './marks.ts';
import { planWorths } from './plan-money.ts';
import { valued } from './valuation.ts';

/** Pairs of rulings, and versions of the candidate, that are listed. */
const MOST_LISTED = 50;

/** Decisions on which the candidate differed: what was said, what the candidate said, and what of them is worth something; US dollars. */
export interface CandidateChange {
  readonly in_force: string;
  readonly candidate: string;
  readonly decisions: number;
  /** Worth of the plans among them; null where it is not known of any. */
  readonly usd: number | null;
}

/** A day (UTC) under the candidate. */
export interface CandidateDay {
  /** Unix seconds of its beginning. */
  readonly at: number;
  readonly decisions: number;
  readonly differ: number;
  /** What went through: as decided, and by the candidate. */
  readonly passed: number;
  readonly candidate_passed: number;
  /** Worth of the plans that the candidate alone lets through, less that of those it alone stops; US dollars. */
  readonly usd: number;
  /** What the difference came to, of decisions of the day that could be valued, and how many could not. */
  readonly pnl_usd: number;
  readonly not_valued: number;
}

/** What the candidate policies of a gate said of the decisions that they were asked about. */
export interface CandidateReport {
  readonly decisions: number;
  readonly differ: number;
  /** Decisions that the candidate failed on. */
  readonly failed: number;
  readonly passed: number;
  readonly candidate_passed: number;
  readonly versions: readonly {
    readonly version: string;
    readonly from: number;
    readonly to: number;
    readonly decisions: number;
    readonly differ: number;
  }[];
  readonly changes: readonly CandidateChange[];
  readonly days: readonly CandidateDay[];
  /** Null where the decisions of the gate are neither exits nor plans. */
  readonly money: CandidateMoney | null;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Collects what a log says of candidates of a gate, decision by decision. */
export class CandidateCounts {
  readonly #judge: AnyHandler;
  readonly #read: ReturnType<typeof readerOf>;
  readonly #kept: { readonly decided: KeptCollector; readonly candidate: KeptCollector } | undefined;
  readonly #plans = new PlannedOpenings();
  readonly #versions = new Map<string, Writable<CandidateReport['versions'][number]>>();
  readonly #changes = new Map<string, Writable<CandidateChange>>();
  readonly #days = new Map<number, Writable<CandidateDay>>();
  readonly #totals = { decisions: 0, differ: 0, failed: 0, passed: 0, candidate_passed: 0 };
  #opens = false;

  constructor(judge: AnyHandler) {
    this.#judge = judge;
    this.#read = readerOf(judge);
    const [decided, candidate] = [collectorOf(judge), collectorOf(judge)];
    if (decided instanceof KeptCollector && candidate instanceof KeptCollector) this.#kept = { decided, candidate };
  }

  /** The exits that are valued, as decided and by the candidate: where they are incomplete they can be completed. */
  get exits(): readonly (readonly SoftenedExit[])[] {
    return this.#kept === undefined ? [] : [this.#kept.decided.exits, this.#kept.candidate.exits];
  }

  /** Takes one decision of any handler in, in the order of the log. */
  take(atMs: number, record: DecisionRecord): void {
    const isOwn = record.handler === this.#judge.name;
    const said = isOwn && record.candidate !== '' ? recorded(LoggedCandidate, record.candidate) : undefined;
    const judged = said === undefined || said.verdict === 'FAILED' ? undefined : underCandidate(record, said);
    if (said !== undefined) this.#count(atMs, record, said, judged);
    if (this.#totals.decisions === 0) return;
    this.#kept?.decided.take(atMs, record);
    this.#kept?.candidate.take(atMs, judged ?? record);
    if (isOwn) this.#opens ||= isOpening(record);
    this.#plans.take(atMs, record, judged && this.#turned(record, judged));
  }

  /** What they come to; null where no decision was judged by a candidate. */
  async report(sources: readonly MarkSource[], rules: ValuationRules): Promise<CandidateReport | null> {
    if (this.#totals.decisions === 0) return null;
    const effects =
      this.#kept === undefined ? await this.#planEffects(sources, rules) : await this.#keptEffects(sources, rules);
    for (const { exit, usd } of effects) {
      const day = this.#day(exit.atMs);
      if (typeof usd === 'string') day.not_valued += 1;
      else day.pnl_usd += usd;
    }
    const days = [...this.#days.values()].sort((a, b) => a.at - b.at);
    return {
      ...this.#totals,
      versions: [...this.#versions.values()].slice(-MOST_LISTED),
      changes: [...this.#changes.values()].sort((a, b) => b.decisions - a.decisions).slice(0, MOST_LISTED),
      days,
      money: this.#kept === undefined && !this.#opens ? null : moneyOf(effects, (days[0]?.at ?? 0) * 1000, rules),
    };
  }

  #count(atMs: number, record: DecisionRecord, said: LoggedCandidate, judged: DecisionRecord | undefined): void {
    const ruling = { verdict: record.verdict, reason: record.reason, checks: [...recordedChecks(record.checks)] };
    const isOther = differs(ruling, { ...said, checks: said.checks });
    const passed = this.#passes(record);
    const day = this.#day(atMs);
    const version = this.#version(said.version, atMs);
    for (const counts of [this.#totals, day, version]) {
      counts.decisions += 1;
      if (isOther) counts.differ += 1;
    }
    for (const counts of [this.#totals, day]) {
      if (passed) counts.passed += 1;
      if (judged === undefined ? passed : this.#passes(judged)) counts.candidate_passed += 1;
    }
    if (said.verdict === 'FAILED') this.#totals.failed += 1;
    if (!isOther) return;
    const usd = worthOf(record);
    this.#change(wordOf(record), wordOf(said), usd);
    const turned = judged && this.#turned(record, judged);
    if (turned !== undefined && usd !== undefined) day.usd += turned === LET_THROUGH ? usd : -usd;
  }

  #change(in_force: string, candidate: string, usd: number | undefined): void {
    const key = `${in_force} ${candidate}`;
    const known = this.#changes.get(key) ?? { in_force, candidate, decisions: 0, usd: null };
    this.#changes.set(key, known);
    known.decisions += 1;
    if (usd !== undefined) known.usd = (known.usd ?? 0) + usd;
  }

  #day(atMs: number): Writable<CandidateDay> {
    const day = Math.floor(atMs / DAY_MS);
    const counts = { decisions: 0, differ: 0, passed: 0, candidate_passed: 0, usd: 0, pnl_usd: 0, not_valued: 0 };
    const known = this.#days.get(day) ?? { at: day * DAY_SEC, ...counts };
    this.#days.set(day, known);
    return known;
  }

  #version(version: string, atMs: number) {
    const at = Math.floor(atMs / 1000);
    const known = this.#versions.get(version) ?? { version, from: at, to: at, decisions: 0, differ: 0 };
    this.#versions.set(version, known);
    known.to = at;
    return known;
  }

  #passes(record: DecisionRecord): boolean {
    if (record.verdict.endsWith('PERMIT')) return true;
    if (record.verdict.endsWith('BLOCK')) return false;
    return !this.#read(record).changed;
  }

  /** Whether the candidate alone lets a plan through, or stops it; undefined where it does as was decided. */
  #turned(record: DecisionRecord, judged: DecisionRecord): string | undefined {
    const [passed, candidatePasses] = [this.#passes(record), this.#passes(judged)];
    if (passed === candidatePasses) return undefined;
    return candidatePasses ? LET_THROUGH : STOPPED;
  }

  async #planEffects(sources: readonly MarkSource[], rules: ValuationRules): Promise<readonly Effect[]> {
    const { worths, valuation } = await planWorths(this.#plans.found, sources, { openings: [], rules });
    return worths.flatMap(({ plan, value, directUsd = 0 }, at) => {
      const exit = valuation.exits[at]?.exit;
      if (exit === undefined) return [];
      return [effectOf(exit, value, directUsd, plan.reason === LET_THROUGH ? 1 : -1)];
    });
  }

  /** Kept parts of the candidate less those that were decided, where the two are not the same. */
  async #keptEffects(sources: readonly MarkSource[], rules: ValuationRules): Promise<readonly Effect[]> {
    const { decided, candidate } = this.#kept ?? {};
    const [ours, theirs] = [decided?.exits ?? [], candidate?.exits ?? []];
    const softenedTo = (exits: readonly SoftenedExit[]) =>
      new Map(exits.map((exit) => [nameOf(exit), exit.softenedTo] as const));
    const [ourWord, theirWord] = [softenedTo(ours), softenedTo(theirs)];
    const isOther = (exit: SoftenedExit) => ourWord.get(nameOf(exit)) !== theirWord.get(nameOf(exit));
    const [plus, minus] = [theirs.filter(isOther), ours.filter(isOther)];
    const { exits } = await valued([...plus, ...minus], sources, [], rules);
    return exits.map(({ exit, value }, at) => {
      const usd = typeof value === 'string' ? 0 : value.pnlUsd;
      return effectOf(exit, value, usd, at < plus.length ? 1 : -1);
    });
  }
}

const LET_THROUGH = 'let through';
const STOPPED = 'stopped';

function underCandidate(record: DecisionRecord, { verdict, reason, checks }: LoggedCandidate): DecisionRecord {
  return { ...record, verdict, reason, checks: JSON.stringify(checks) };
}

function wordOf({ verdict, reason }: Pick<DecisionRecord, 'verdict' | 'reason'>): string {
  return reason === '' ? verdict : `${verdict} ${reason}`;
}

function nameOf({ planId, atMs }: SoftenedExit): string {
  return `${planId} ${atMs}`;
}

function worthOf(record: DecisionRecord): number | undefined {
  if (!isOpening(record)) return undefined;
  return recorded(RecordedWorth, record.facts)?.plan_notional_usd ?? undefined;
}
