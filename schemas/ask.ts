import { parseNumber } from './number.ts';
import { identifierProblem } from './wire.ts';

/** How long an ask waits that does not say, milliseconds. */
export const ASK_TIMEOUT_MS = 500;
/** How long an ask may wait, milliseconds. */
export const LONGEST_ASK_MS = 10_000;

/** What a plan says of how it is to be answered (contract §4, Asking). */
export interface Ask {
  /** `strategy:name`; undefined when it cannot be read: then nobody can be told. */
  readonly mailbox: string | undefined;
  /** Whole milliseconds after the plan's stream id, 1 to 10,000; undefined when it cannot be read. */
  readonly timeoutMs: number | undefined;
}

/** The ask of a plan's `reply_to` and `timeout_ms`; `undefined` without `reply_to`, whatever else there is. */
export function parseAsk(replyTo: string | undefined, timeout: string | undefined): Ask | undefined {
  if (replyTo === undefined) return undefined;
  const timeoutMs = timeout === undefined ? ASK_TIMEOUT_MS : parseNumber(timeout);
  const isUsable =
    timeoutMs !== undefined && Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= LONGEST_ASK_MS;
  return { mailbox: mailboxOf(replyTo), timeoutMs: isUsable ? timeoutMs : undefined };
}

function mailboxOf(text: string): string | undefined {
  const parts = text.split(':');
  return parts.length === 2 && parts.every((part) => identifierProblem(part) === undefined) ? text : undefined;
}
