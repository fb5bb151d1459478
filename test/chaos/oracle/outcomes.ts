import { compareStreamIds } from '../../../schemas/time.ts';
import { outputs } from '../names.ts';
import { type Decision, type Finding, msOf, repeated, type SourceOfWork, tally, type Witness } from './witness.ts';

/** What the governor tells of no plan in particular, or in its watcher and its cooldown jobs: no plan need be the source. */
const UNLOGGED_EVENTS = new Set([
  'PERMIT_WITHDRAWN',
  'PERMIT_REVOKED',
  'COOLDOWN_EXPIRED',
  'KILL_ON',
  'KILL_OFF',
  'DATA_LOST',
  'DATA_REPORTED',
  'EXECUTED_WITHOUT_PERMIT',
  'CALIBRATED_NOT_USED',
]);

/** How long a judgment may wait for its commit; the log says to the second when it was judged. */
const JUDGED_FOR_MS = 5_000;

/** Every source id has exactly one committed outcome, nothing waits, and the streams hold what the decision log names. */
export function outcomeFindings(witness: Witness): readonly Finding[] {
  return [
    ...witness.sources.flatMap((source) => sourceFindings(source, witness)),
    ...namedFindings(witness),
    ...unnamedFindings(witness),
    ...contentFindings(witness),
    ...lateFindings(witness),
  ];
}

/** Whether a fault deleted this entry with its stream. */
function wasDeleted(witness: Witness, stream: string, id: string): boolean {
  const upTo = witness.deleted.get(stream);
  return upTo !== undefined && compareStreamIds(id, upTo) <= 0;
}

function sourceFindings(source: SourceOfWork, witness: Witness): readonly Finding[] {
  const { handler, stream, entries } = source;
  const logged = tally(witness.decisions.filter((one) => one.handler === handler).map(({ sourceId }) => sourceId));
  const dead = tally(source.deadLetters.map(({ fields }) => fields.dlq_id ?? ''));
  const found: Finding[] = [];
  if (source.pending > 0) found.push(`${handler}: ${source.pending} entries are pending`);
  if (source.waiting) found.push(`${handler}: entries were never delivered`);
  for (const { id } of entries) {
    const [logs, letters] = [logged.get(id) ?? 0, dead.get(id) ?? 0];
    if (logs > 1) found.push(`${handler}: ${id} has ${logs} decisions`);
    if (letters > 1) found.push(`${handler}: ${id} has ${letters} dead letters`);
    if (source.logs === 'always' && logs + letters === 0) found.push(`${handler}: ${id} has no outcome`);
  }
  const known = new Set(entries.map(({ id }) => id));
  for (const id of [...logged.keys(), ...dead.keys()]) {
    if (!known.has(id) && !wasDeleted(witness, stream, id)) found.push(`${handler}: ${id} was never sent`);
  }
  return found;
}

/** What the decision log names is there, and named once. */
function namedFindings(witness: Witness): readonly Finding[] {
  const there = new Set([...witness.outputs].flatMap(([key, entries]) => entries.map(({ id }) => `${key} ${id}`)));
  const found: Finding[] = [];
  for (const decision of witness.decisions) {
    for (const output of decision.outputs) {
      const [key = '', id = ''] = output.split(' ');
      if (!witness.outputs.has(key) || there.has(output) || wasDeleted(witness, key, id)) continue;
      found.push(`${decision.handler}: ${decision.sourceId} names ${output}, which is not there`);
    }
  }
  const twice = repeated(witness.decisions.flatMap((decision) => decision.outputs));
  return [...found, ...twice.map((output) => `${output} is named by more than one decision`)];
}

/** Nothing is in an output stream that no decision names. */
function unnamedFindings(witness: Witness): readonly Finding[] {
  const named = new Set(witness.decisions.flatMap((decision) => decision.outputs));
  const found: Finding[] = [];
  for (const [key, entries] of witness.outputs) {
    for (const { id, fields } of entries) {
      if (named.has(`${key} ${id}`)) continue;
      if (key === outputs.events && UNLOGGED_EVENTS.has(fields.event ?? '')) continue;
      found.push(`${key} ${id} is named by no decision`);
    }
  }
  return found;
}

/** An output is about the plan of its source, and a decision about the plan that was sent. */
function contentFindings(witness: Witness): readonly Finding[] {
  const written = new Map<string, string | undefined>();
  for (const [key, entries] of witness.outputs) {
    if (key === outputs.crash) continue;
    for (const { id, fields } of entries) {
      if (key === outputs.events && UNLOGGED_EVENTS.has(fields.event ?? '')) continue;
      written.set(`${key} ${id}`, fields.plan_id);
    }
  }
  const sent = new Map<string, string | undefined>();
  for (const { handler, entries } of witness.sources) {
    for (const { id, fields } of entries) sent.set(`${handler} ${id}`, fields.plan_id);
  }
  const differs = ({ handler, sourceId, planId, outputs: named }: Decision) =>
    [sent.get(`${handler} ${sourceId}`), ...named.map((output) => written.get(output))].some(
      (other) => other !== undefined && other !== planId,
    );
  return witness.decisions
    .filter((decision) => decision.planId !== '' && differs(decision))
    .map(({ handler, sourceId }) => `${handler}: what was written for ${sourceId} is about another plan`);
}

/** What was judged is committed soon, or judged again: figures change, and plans grow old. */
function lateFindings({ decisions }: Witness): readonly Finding[] {
  return decisions
    .filter(({ id, judgedSec }) => msOf(id) - judgedSec * 1000 >= JUDGED_FOR_MS + 1_000)
    .map(({ handler, sourceId }) => `${handler}: ${sourceId} was committed long after it was judged`);
}
