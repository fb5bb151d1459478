import { parseNumber } from './number.ts';
import { parseBoolean } from './wire.ts';

/** That a plan which opens may be permitted for less than it asks for (contract §4, Resizing). */
export interface Resize {
  /** The least quantity that is of use, in the base asset; 0 where the plan says none. */
  readonly minQty: number;
}

/** What `resize` and `min_qty` of an entry say; undefined where the size is to stay, or cannot be read. */
export function parseResize(resize: string | undefined, minQty: string | undefined): Resize | undefined {
  if (parseBoolean(resize) !== true) return undefined;
  const least = minQty === undefined ? 0 : parseNumber(minQty);
  return least === undefined || least < 0 ? undefined : { minQty: least };
}
