import { priceRange } from '../../../handlers/governor/order-limits.ts';
import { permitWords } from '../../../handlers/governor/words.ts';
import { recorded, recordedChecks } from '../../../schemas/decision.ts';
import { PERMIT_TTL_SEC } from '../../../schemas/governor.ts';
import { RecordedLimits } from '../../../schemas/governor-record.ts';
import type { PriceRange } from '../../../schemas/permit.ts';
import { streamIdMs, timeOf } from '../../../schemas/time.ts';
import { parseBoolean } from '../../../schemas/wire.ts';
import type { PermitFate, Step } from './explanation.ts';
import { atOf, type StreamEntry } from './search.ts';
import type { TracedDecision, Traces } from './traces.ts';

const PERMITTING = new Set(['PERMIT', 'WOULD_PERMIT', 'WOULD_BLOCK']);
const ENDED: ReadonlyMap<string, PermitFate> = new Map([
  ['PERMIT_REVOKED', 'revoked'],
  ['PERMIT_WITHDRAWN', 'withdrawn'],
]);

/** What became of each permit the plan was given, told by the governor's events, the executor's results, and the keys now. */
export function permitSteps(traces: Traces): readonly Step[] {
  const permits = traces.decisions.filter(
    ({ fields }) => fields.handler === 'governor' && PERMITTING.has(fields.verdict ?? ''),
  );
  return permits.map((permit, place) => permitStep(permit, permits[place + 1], traces));
}

function permitStep(permit: TracedDecision, next: TracedDecision | undefined, traces: Traces): Step {
  const within = (entries: readonly StreamEntry[]) =>
    entries.filter(({ id }) => isBetween(streamIdMs(id), permit, next));
  const ended = within(traces.events).find(({ fields }) => ENDED.has(fields.event ?? ''));
  if (ended !== undefined) {
    const fate = ENDED.get(ended.fields.event ?? '') ?? 'withdrawn';
    const { reason = '' } = ended.fields;
    const told = { fate, reason, words: permitWords(reason), ...rangeOf(permit) };
    return { step: 'permit', at: atOf(ended), id: ended.id, ...told, left_sec: null };
  }
  const { keys } = traces;
  const own = {
    step: 'permit',
    at: atOf(permit),
    id: '',
    reason: '',
    words: '',
    left_sec: null,
    ...rangeOf(permit),
  } as const;
  if (next === undefined && keys.permitLeftMs !== undefined) {
    return { ...own, fate: 'waiting', left_sec: Math.ceil(keys.permitLeftMs / 1000) };
  }
  const executed = within(traces.results).some(({ fields }) => parseBoolean(fields.executed) === true);
  return { ...own, fate: executed || isSeenTaken(permit, traces) ? 'taken' : 'taken_or_expired' };
}

/** The price range that a permit named, by the decision that gave it. */
function rangeOf({ fields }: TracedDecision): { readonly range?: PriceRange } {
  const limits = recorded(RecordedLimits, fields.facts ?? '')?.limits;
  const percent = recordedChecks(fields.checks).find(({ gate }) => gate === 'price_collar')?.limit;
  const range = priceRange(limits ?? {}, typeof percent === 'number' ? percent : undefined);
  return range === undefined ? {} : { range };
}

/** Ids of several streams are compared by their milliseconds: what follows them counts entries of one stream alone. */
function isBetween(atMs: number, permit: StreamEntry, next: StreamEntry | undefined): boolean {
  return atMs >= streamIdMs(permit.id) && (next === undefined || atMs < streamIdMs(next.id));
}

/** The governor takes back what nobody took: a permit that is gone, which it no longer waits for and told nothing of, was taken. */
function isSeenTaken(permit: TracedDecision, { keys, nowMs }: Traces): boolean {
  if (!keys.outstanding) return true;
  return nowMs - (timeOf(permit.fields) ?? streamIdMs(permit.id)) < PERMIT_TTL_SEC * 1000;
}
