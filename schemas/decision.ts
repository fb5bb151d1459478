import { z } from 'zod';
import { parseJson } from './json.ts';
import type { Fields } from './wire.ts';

/** A decision as its log entry keeps it (contract §6). What is JSON on the wire is text here: most readers need little of it. */
export interface DecisionRecord {
  readonly verdict: string;
  readonly reason: string;
  /** Name of the handler that decided. */
  readonly handler: string;
  readonly sourceStream: string;
  readonly sourceId: string;
  readonly symbol: string;
  readonly planId: string;
  /** As spelled on the wire. */
  readonly action: string;
  /** Who asked; empty where nobody is named. */
  readonly strategy: string;
  readonly mode: string;
  /** Version of the policy it was judged under; empty where the gate has none. */
  readonly policy: string;
  /** JSON list of the checks. */
  readonly checks: string;
  /** JSON object of the figures the judgment rests on. */
  readonly facts: string;
  /** JSON object of what of the message the judgment rests on; empty in entries from before it was kept. */
  readonly input: string;
  /** JSON object of what the candidate policy said of it; empty where there was none. */
  readonly candidate: string;
  /** Unix seconds. */
  readonly timestampSec: number;
}

/** The record of an entry's fields; a field that is missing is empty text, a missing time 0. */
export function decisionRecord(fields: Fields): DecisionRecord {
  return {
    verdict: fields.verdict ?? '',
    reason: fields.reason ?? '',
    handler: fields.handler ?? '',
    sourceStream: fields.source_stream ?? '',
    sourceId: fields.source_id ?? '',
    symbol: fields.symbol ?? '',
    planId: fields.plan_id ?? '',
    action: fields.action ?? '',
    strategy: fields.strategy ?? '',
    mode: fields.mode ?? '',
    policy: fields.policy ?? '',
    checks: fields.checks ?? '[]',
    facts: fields.facts ?? '{}',
    input: fields.input ?? '',
    candidate: fields.candidate ?? '',
    timestampSec: Number(fields.timestamp ?? 0) || 0,
  };
}

/** A text with what schemas read in it. */
interface LatelyRead {
  readonly json: string;
  readonly value: unknown;
  readonly by: Map<z.ZodType, unknown>;
}

/** A decision is read by one after the other, each by a schema of its own: these texts are read once. */
const lately: LatelyRead[] = [];
const MOST_LATELY = 4;

/** JSON text of a record as a schema reads it, or `undefined` when it holds something else. Others may be given the same object. */
export function recorded<T>(schema: z.ZodType<T>, json: string): T | undefined {
  const text = latelyRead(json);
  if (!text.by.has(schema)) text.by.set(schema, schema.safeParse(text.value).data);
  return text.by.get(schema) as T | undefined;
}

function latelyRead(json: string): LatelyRead {
  const known = lately.find((one) => one.json === json);
  if (known !== undefined) return known;
  const text = { json, value: parseJson(json), by: new Map() };
  lately.push(text);
  if (lately.length > MOST_LATELY) lately.shift();
  return text;
}

/**
 * The same of an object of which the schema needs only what stands before its member `rest`, as a handler writes it: the
 * long list in there is not read. Where that is not enough, all of it is.
 */
export function recordedBefore<T>(rest: string, schema: z.ZodType<T>, json: string): T | undefined {
  const end = json.indexOf(`,"${rest}":`);
  const head = end < 0 ? undefined : recorded(schema, `${json.slice(0, end)}}`);
  return head ?? recorded(schema, json);
}

const compared = z.union([z.number(), z.string(), z.boolean(), z.null()]);

/** A judged limit as the decision log keeps it: value and limit in the gate's own unit, headroom where both are numbers. */
export const LoggedCheck = z.object({
  gate: z.string(),
  value: compared,
  limit: compared,
  headroom: z.number().nullable(),
  verdict: z.enum(['pass', 'refuse', 'skipped', 'would_refuse']),
});

/** A parsed check of the log. */
export type LoggedCheck = z.output<typeof LoggedCheck>;

/** The checks of a decision as its log entry holds them (contract §6). */
const RecordedChecks = z.array(LoggedCheck);

/** The checks that a decision-log entry holds; none where its text cannot be read. */
export function recordedChecks(json: string | undefined): readonly LoggedCheck[] {
  return json === undefined ? [] : (recorded(RecordedChecks, json) ?? []);
}

/** What a candidate policy said of a logged decision. */
export const LoggedCandidate = z.object({
  version: z.string(),
  verdict: z.string(),
  reason: z.string(),
  checks: RecordedChecks.default([]),
});

/** A parsed `LoggedCandidate`. */
export type LoggedCandidate = z.output<typeof LoggedCandidate>;
