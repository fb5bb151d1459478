import type { GateOf } from '../../../../desk/explain/decision-rows.ts';
import type { LiveClient } from './client.ts';
import { decisionsEvent, eventText, MOST_ROWS } from './events.ts';
import type { LogReader } from './log-reader.ts';

/** Somebody who missed more than this is told to begin anew. */
const MOST_MISSED = 5_000;

const STREAM_ID = /^(?:0|[1-9]\d{0,19})-(?:0|[1-9]\d{0,19})$/;

/**
 * Tells somebody every decision after `lastId`, none left out and none twice, in events of 50 that follow each other as
 * fast as they are taken. Where that cannot be done, because the log no longer reaches back so far, is another one, or
 * more than 5,000 were missed, a `reset` says so, and its id is where the stream goes on.
 */
export async function resume(reader: LogReader, client: LiveClient, lastId: string, gateOf: GateOf): Promise<void> {
  const bounds = await reader.bounds();
  const isKept = STREAM_ID.test(lastId) && bounds.keepsAllAfter(lastId);
  const missed = isKept ? await reader.decisionsAfter(lastId, MOST_MISSED + 1) : [];
  if (!isKept || missed.length > MOST_MISSED) {
    client.position = bounds.newestId;
    client.send(eventText('reset', { to: bounds.newestId }, bounds.newestId));
    return;
  }
  client.position = lastId;
  for (let at = 0; at < missed.length && !client.isClosed; at += MOST_ROWS) {
    const decisions = missed.slice(at, at + MOST_ROWS);
    client.send(decisionsEvent(client.position, decisions, gateOf));
    client.position = decisions.at(-1)?.id ?? client.position;
    await client.drained();
  }
}
