import { setImmediate } from 'node:timers/promises';
import { SIGHTING_COUNTS_MS, type SoftenedExit } from '../../../handlers/common/kept-exits.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { type DecisionRecord, decisionRecord } from '../../../schemas/decision.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { FUNDING_BOUNDS, type FundingBounds } from '../../market/player/held-funding.ts';
import type { TimeRange } from '../decisions/decision-export.ts';
import type { DecisionPage } from '../decisions/decision-file.ts';
import { matches } from '../decisions/decisions.ts';
import type { TriesKept } from '../replay/tries.ts';
import { CandidateCounts, type CandidateReport } from './candidate.ts';
import type { Played } from './counterfactuals.ts';
import type { FundingSource } from './funding.ts';
import { type BudgetReport, collectorOf, type HeatReport, KeptCollector, type PlanReport } from './gate-report.ts';
import { completeExits } from './held-positions.ts';
import { loggedMarks, type Sighting } from './mark-sources.ts';
import type { MarkSource, MarkSourceName } from './marks.ts';
import type { PlainReport } from './plain-report.ts';

/** Decisions of one turn of the event loop: a process that judges too must not stand still meanwhile. */
const TURN = 50;

/** What is reported on, and by what kept parts are valued. */
export interface ReportRequest {
  /** The handler whose decisions are the word of its gate (`judgesOf`). */
  readonly judge: AnyHandler;
  /** The decisions of a time, oldest first: asked for once, and again when prices are looked for in them. */
  readonly log: (range: TimeRange) => AsyncIterable<DecisionPage>;
  readonly range: TimeRange;
  /** Whether the report ends at the last decision of the range, not with it: nothing is known of what comes after. */
  readonly endsAtLast: boolean;
  /** Only decisions of this portfolio; undefined where there are no others. */
  readonly portfolio: string | undefined;
  /** Only decisions that this strategy asked for; prices are looked for in all. */
  readonly askedBy?: string;
  /** Where marks may come from besides the log, best first. */
  readonly sources: readonly MarkSource[];
  /** What position snapshots there are of a time. */
  readonly sightings?: (range: TimeRange) => AsyncIterable<readonly Sighting[]>;
  /** Which policies were tried on the same decisions; without it that is not known. */
  readonly tries?: Pick<TriesKept, 'on'>;
  readonly horizonMs: number;
  readonly feeBps: number;
  /** Where funding is recorded; without it none is. */
  readonly funding?: FundingSource;
  /** Between which rates what is not recorded is taken to be. */
  readonly fundingBounds?: FundingBounds;
  /** The month played again through the gates, or why it was not. */
  readonly played: Played;
  /** Ends the report at the next page; it is made of what was read until then. */
  readonly signal: AbortSignal;
  /** Told after each page: how much is done, 0 … 1, and how many decisions were looked at. */
  readonly onPage?: (share: number, decisions: number) => void;
  /** Told after each page of marks: where they are from, and how many were looked at there. */
  readonly onMarks?: (source: MarkSourceName, marks: number) => void;
}

/** When a report was made of what. */
export interface About {
  /** Empty where the decisions do not say it. */
  readonly portfolio: string;
  /** Unix seconds between which decisions were looked for; since 0 where all were. */
  readonly since: number;
  readonly until: number;
  /** Decisions of all gates that were looked at. */
  readonly looked_at: number;
  /** Whether it was ended before all of them were. */
  readonly stopped: boolean;
}

/** The report on one gate. */
export type GateReport = (HeatReport | BudgetReport | PlanReport | PlainReport) & About & Candidates;

interface Candidates {
  /** What candidate policies said of the same decisions; null where none was asked. */
  readonly candidate: CandidateReport | null;
}

/** Decisions of several portfolios: what was made of them together would be of none. */
export class MixedLogError extends Error {}

/** Makes the report on a gate from its decision log; memory does not grow with the log, and the process stays responsive. */
export async function report(request: ReportRequest): Promise<GateReport> {
  const { judge } = request;
  const collector = collectorOf(judge);
  const candidates = new CandidateCounts(judge);
  const { endMs, ...about } = await collect(request, [collector, candidates]);
  const { horizonMs, feeBps, funding: source, fundingBounds: bounds = FUNDING_BOUNDS } = request;
  const rules = { horizonMs, endMs, feeBps, funding: { source, bounds } };
  const kept = collector instanceof KeptCollector ? [collector.exits] : [];
  await completed([...kept, ...candidates.exits], request, endMs);
  const sources = stoppableSources(request);
  const { played, range } = request;
  const tries = (await request.tries?.on(judge.gate, { fromMs: range.fromMs, toMs: endMs }))?.size ?? null;
  const made =
    'valuedReport' in collector ? await collector.valuedReport(sources, rules, { played, tries }) : collector.report();
  const candidate = await candidates.report(sources, rules);
  const { fromMs, toMs } = range;
  const asked = { since: Math.floor(fromMs / 1000), until: Math.floor(toMs / 1000) };
  return { ...made, candidate, ...asked, ...about, stopped: request.signal.aborted };
}

async function collect(
  { log, range, portfolio, askedBy, endsAtLast, signal, onPage }: ReportRequest,
  takers: readonly { take(atMs: number, record: DecisionRecord): void }[],
): Promise<{ endMs: number; looked_at: number; portfolio: string }> {
  let [lastMs, looked, found] = [range.fromMs, 0, portfolio];
  const filter = askedBy === undefined ? {} : { strategy: askedBy };
  for await (const { decisions, share } of log(range)) {
    if (signal.aborted) break;
    for (const [at, { id, fields }] of decisions.entries()) {
      if (at % TURN === TURN - 1) await setImmediate();
      const atMs = streamIdMs(id);
      if (atMs < range.fromMs || atMs > range.toMs) continue;
      const of = fields.portfolio ?? '';
      if (portfolio !== undefined && of !== portfolio) continue;
      found ??= of;
      if (of !== found) throw new MixedLogError(`expected decisions of one portfolio, got ${found} and ${of}`);
      lastMs = Math.max(lastMs, atMs);
      looked += 1;
      if (!matches(filter, { id, fields })) continue;
      const record = decisionRecord(fields);
      for (const taker of takers) taker.take(atMs, record);
    }
    onPage?.(share, looked);
    await setImmediate();
  }
  return { endMs: endsAtLast || signal.aborted ? lastMs : range.toMs, looked_at: looked, portfolio: found ?? '' };
}

/** Looks for what snapshots say of positions that decisions leave open. */
async function completed(
  lists: readonly (readonly SoftenedExit[])[],
  { sightings, signal, onMarks }: ReportRequest,
  endMs: number,
): Promise<void> {
  for (const exits of lists) {
    const [first] = exits;
    if (sightings === undefined || first === undefined || !exits.some(isIncomplete)) continue;
    const seen = sightings({ fromMs: first.atMs - SIGHTING_COUNTS_MS, toMs: endMs });
    await completeExits(
      exits,
      stoppable(seen, signal, (count) => onMarks?.('position_snapshots', count)),
    );
  }
}

function stoppableSources({ sources, log, signal, onMarks }: ReportRequest): readonly MarkSource[] {
  return [...sources, loggedMarks(log)].map(({ name, pages }): MarkSource => {
    return {
      name,
      pages: (symbols, range) => stoppable(pages(symbols, range), signal, (count) => onMarks?.(name, count)),
    };
  });
}

/** The pages up to the moment a signal ends them; the process stays responsive meanwhile. */
async function* stoppable<T>(
  pages: AsyncIterable<readonly T[]>,
  signal: AbortSignal,
  told: (count: number) => void,
): AsyncGenerator<readonly T[]> {
  let count = 0;
  for await (const page of pages) {
    if (signal.aborted) return;
    yield page;
    count += page.length;
    told(count);
    await setImmediate();
  }
}

/** Whether snapshots can say more of an exit: in shadow it is the original that closes the position. */
function isIncomplete({ enforced, side, notionalUsd }: SoftenedExit): boolean {
  return enforced || side === undefined || notionalUsd === undefined;
}
