import { checksJson } from '../../handlers/contract/checks-json.ts';
import type { Outcome, Ruling } from '../../handlers/contract/effects.ts';
import type { Handler } from '../../handlers/contract/handler.ts';
import type { Read } from '../../handlers/contract/reads.ts';
import { logEntry } from '../../runtime/engine/commit/request.ts';
import { type DecisionRecord, decisionRecord } from '../../schemas/decision.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { NOW_MS } from './fake-ctx.ts';

/** The settings and mode something is judged under. */
export interface Under {
  readonly settings: Record<string, string>;
  readonly mode: string;
}

/** The record that the log would keep of an outcome; one without a decision fails the test. */
export function recordOf(handler: string, outcome: Outcome, mode: string): DecisionRecord {
  if (outcome.decision === undefined) throw new Error('expected a decision, got none');
  const context = { sourceStream: 's', sourceId: '1-0', portfolio: 'quantum', policyVersion: '', nowMs: NOW_MS };
  const fields = logEntry(outcome.decision, { ...context, handler, mode });
  return decisionRecord(fieldsOf(fields.map((text) => (typeof text === 'string' ? text : text.join('')))));
}

/** What a handler makes of a record under other rules, with its checks as the log writes them. */
export function rejudged<M, S, R extends Record<string, Read<unknown>>>(
  handler: Handler<M, S, R>,
  record: DecisionRecord,
  { settings, mode }: Under,
): ReturnType<typeof written> | undefined {
  const ruling = handler.rejudge?.(record, { settings: handler.settings.parse(settings), mode });
  return ruling === undefined ? undefined : written(ruling);
}

/** A ruling, or that of an outcome, with its checks as the log writes them. */
export function written({ verdict, reason, checks }: Ruling) {
  return { verdict, reason, checks: checksJson(checks ?? []) };
}

/** The ruling of an outcome as the log writes it. */
export function rulingOf(outcome: Outcome): ReturnType<typeof written> {
  if (outcome.decision === undefined) throw new Error('expected a decision, got none');
  return written(outcome.decision);
}
