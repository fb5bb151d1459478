import { type Item, itemOf } from './items.ts';

/** Ids of 16 digits and more do not fit a JavaScript number: they are read as text, digit for digit. */
const LONG_ID = /([:[,]\s*)(\d{16,})(?=\s*[,}\]])/g;

/** The event of a frame, whether it came alone or wrapped with the name of its stream; `undefined` when it is not JSON (half a frame). */
export function eventOf(text: string): Item | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(LONG_ID, '$1"$2"'));
  } catch {
    return undefined;
  }
  const frame = itemOf(value);
  return frame !== undefined && 'stream' in frame ? (itemOf(frame.data) ?? frame) : frame;
}
