import type { StreamWrite } from './link.ts';

/** The ticks of an hour for the handlers that wait for one. */
export function ticks(ticked: readonly string[], hour: number, nowMs: number): readonly StreamWrite[] {
  return ticked.map((handler) => ({
    stream: `tick.${handler}`,
    fields: { tick_id: `${handler}-${hour}`, scheduled_ms: String(nowMs) },
  }));
}

/** An entry of a stream. */
export function entryOf(stream: string, fields: StreamWrite['fields']): StreamWrite {
  return { stream, fields };
}
