import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { differs } from '../../../handlers/contract/ruling.ts';
import { alarmWords, permitWords } from '../../../handlers/governor/words.ts';
import type { ToldCandidate } from '../../../schemas/api/plan.ts';
import { toldChecks } from '../../../schemas/check-words.ts';
import { LoggedCandidate, recorded, recordedChecks } from '../../../schemas/decision.ts';
import { FACTS_PROBLEM } from '../../../schemas/decision-facts.ts';
import type { GovernorEvent } from '../../../schemas/governor.ts';
import { streams } from '../../../schemas/keys.ts';
import { compareStreamIds, parseTimeMs, streamIdMs, timeOf } from '../../../schemas/time.ts';
import { parseBoolean } from '../../../schemas/wire.ts';
import { reasonWords } from '../../engine/status/faces.ts';
import { type GateOf, gatesByHandler } from './decision-rows.ts';
import type { Step } from './explanation.ts';
import { heatBasis } from './heat-basis.ts';
import { permitSteps } from './permit-steps.ts';
import { entryKey } from './reading.ts';
import { atOf, type StreamEntry } from './search.ts';
import type { TracedDecision, Traces } from './traces.ts';

/** The stations of a plan's way, oldest first, from what was found of it. */
export function stepsOf(traces: Traces, handlers: readonly AnyHandler[]): readonly Step[] {
  const gateOf = gatesByHandler(handlers);
  const decided = traces.decisions.flatMap((decision) => decisionSteps(decision, gateOf));
  const found = [
    ...decided,
    ...undecidedSteps(traces),
    ...deadLetterSteps(traces),
    ...resultSteps(traces),
    ...alarmSteps(traces),
  ];
  return [...found, ...lookupSteps(traces), ...permitSteps(traces)]
    .map((step, place) => ({ step, place }))
    .sort(
      (a, b) => timeOfStep(a.step) - timeOfStep(b.step) || RANKS[a.step.step] - RANKS[b.step.step] || a.place - b.place,
    )
    .map(({ step }) => step);
}

/** The order of stations of the same second. */
const RANKS: Readonly<Record<Step['step'], number>> = {
  proposal: 0,
  heat: 1,
  lookup: 2,
  plan: 3,
  governor: 4,
  permit: 5,
  decision: 6,
  result: 7,
  alarm: 8,
  released: 9,
  undecided: 10,
  dead_letter: 11,
};

const ALARMS: ReadonlySet<string> = new Set<GovernorEvent>(['EXECUTED_WITHOUT_PERMIT', 'CALIBRATED_NOT_USED']);

function timeOfStep({ at }: Step): number {
  return at ?? Number.POSITIVE_INFINITY;
}

function decisionSteps(decision: TracedDecision, gateOf: GateOf): readonly Step[] {
  const { handler = '' } = decision.fields;
  if (handler === 'heat-gate') return [...sourceSteps('proposal', decision), heatStep(decision, gateOf)];
  if (handler === 'governor')
    return [...sourceSteps('plan', decision), { step: 'governor', ...judged(decision, gateOf) }];
  if (handler !== 'governor-results') return [{ step: 'decision', handler, ...judged(decision, gateOf) }];
  const { reason = '' } = decision.fields;
  return [{ step: 'released', at: atOf(decision), id: decision.id, reason, words: permitWords(reason) }];
}

function sourceSteps(step: 'proposal' | 'plan', { fields, source }: TracedDecision): readonly Step[] {
  const id = fields.source_id ?? '';
  const entry = source ?? null;
  const written = (source === undefined ? undefined : timeOf(source)) ?? (id === '' ? undefined : streamIdMs(id));
  const about = {
    at: written === undefined ? null : Math.floor(written / 1000),
    id,
    action: fields.action ?? '',
    entry,
  };
  return [
    step === 'plan' ? { step, ...about } : { step, ...about, reason: source?.reason ?? source?.reason_codes ?? '' },
  ];
}

function heatStep(decision: TracedDecision, gateOf: GateOf): Step {
  const { fields, written } = decision;
  return {
    step: 'heat',
    ...judged(decision, gateOf),
    calibrated_action: written.get(streams.calibrated)?.calibrated_action ?? null,
    basis: heatBasis(fields.facts),
    ...(fields[FACTS_PROBLEM] !== undefined && { facts_problem: fields[FACTS_PROBLEM] }),
  };
}

function judged(decision: TracedDecision, gateOf: GateOf) {
  const { handler = '', verdict = '', reason = '', mode = '', action = '', symbol = '' } = decision.fields;
  const own = gateOf.get(handler);
  const checks = toldChecks(recordedChecks(decision.fields.checks), own?.checks);
  const words = reasonWords(own, { reason, checks, symbol });
  const candidate = candidateOf(decision, own);
  const told = { at: atOf(decision), id: decision.id, verdict, reason, words, mode, action, checks };
  return { ...told, ...(candidate !== undefined && { candidate }) };
}

function candidateOf({ fields }: TracedDecision, own: ReturnType<GateOf['get']>): ToldCandidate | undefined {
  const said = fields.candidate === undefined ? undefined : recorded(LoggedCandidate, fields.candidate);
  if (said === undefined) return undefined;
  const { version, verdict, reason } = said;
  const checks = toldChecks(said.checks, own?.checks);
  const decided = {
    verdict: fields.verdict ?? '',
    reason: fields.reason ?? '',
    checks: [...recordedChecks(fields.checks)],
  };
  const isOther = differs(decided, { verdict, reason, checks: [...said.checks] });
  const words = reasonWords(own, { reason, checks, symbol: fields.symbol ?? '' });
  return { version, verdict, reason, words, differs: isOther };
}

function resultSteps({ results }: Traces): readonly Step[] {
  return results.map((entry) => ({
    step: 'result',
    at: atOf(entry),
    id: entry.id,
    executed: parseBoolean(entry.fields.executed) ?? null,
    error: entry.fields.error ?? '',
    entry: entry.fields,
  }));
}

function alarmSteps({ events }: Traces): readonly Step[] {
  const alarms = events.filter(({ fields: { event = '' } }) => ALARMS.has(event));
  return alarms.map((entry) => {
    const { event = '', reason = '', checks } = entry.fields;
    const [check] = recordedChecks(checks);
    const alarm = { event, reason, expected: String(check?.limit ?? ''), came: String(check?.value ?? '') };
    return { step: 'alarm', at: atOf(entry), id: entry.id, ...alarm, words: alarmWords(alarm) };
  });
}

/** Entries of the input streams that no decision was made about and that are not among the dead letters. */
function undecidedSteps({ decisions, deadLetters, proposals, plans, asked, readings }: Traces): readonly Step[] {
  const done = new Set([
    ...decisions.map(({ fields }) => fields.source_id ?? ''),
    ...deadLetters.map(({ fields }) => fields.dlq_id ?? ''),
  ]);
  const of = (stream: string, entries: readonly StreamEntry[]): readonly Step[] =>
    entries
      .filter(({ id }) => !done.has(id))
      .map((entry) => ({
        step: 'undecided',
        at: atOf(entry),
        id: entry.id,
        stream,
        decision: entry.fields.decision ?? '',
        reading: readings.get(entryKey(stream, entry.id)) ?? 'unknown',
        entry: entry.fields,
      }));
  const further = [...asked].flatMap(([stream, entries]) => of(stream, entries));
  return [...of(streams.proposals, proposals), ...of(streams.plans, plans), ...further];
}

function deadLetterSteps({ deadLetters }: Traces): readonly Step[] {
  return deadLetters.map(({ id, stream, fields }) => {
    const atMs = parseTimeMs(fields.dlq_ts) ?? streamIdMs(id);
    return { step: 'dead_letter', at: Math.floor(atMs / 1000), id, stream, reason: fields.dlq_reason ?? '' };
  });
}

/** A lookup belongs to the newest decision that it may be of: an older one was written over. */
function lookupSteps({ keys, decisions }: Traces): readonly Step[] {
  return keys.lookups.map(({ told, of, fields, leftSec }) => {
    const newest = decisions
      .filter(({ fields: { handler } }) => handler === of)
      .sort(byId)
      .at(-1);
    const at = newest === undefined ? Math.floor((parseTimeMs(fields.ts_epoch) ?? 0) / 1000) : atOf(newest);
    return { step: 'lookup', at, id: '', left_sec: leftSec, words: told, fields };
  });
}

function byId(a: StreamEntry, b: StreamEntry): number {
  return compareStreamIds(a.id, b.id);
}
