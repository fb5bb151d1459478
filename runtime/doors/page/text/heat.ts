import type { Overview } from '../state/wire.ts';
import { ratio } from './figures.ts';

type Heat = Overview['heat'];
type HeatNow = Pick<Heat, 'bucket' | 'cause' | 'judged'>;

/** Whether a bucket cannot be told: neither the heat nor a figure that judges beside it may be missing, unless the rest is HOT. */
export function isBucketUnknown({ bucket, cause, judged }: HeatNow): boolean {
  if (judged === undefined) return cause !== null;
  return bucket !== 'HOT' && (judged.unknown !== null || (cause !== null && judged.decides === null));
}

/** How a heat looks: the colour and the drawing of its bucket, or of what is not known. */
export function lookOf(heat: HeatNow): 'cold' | 'warm' | 'hot' | 'unknown' {
  if (isBucketUnknown(heat)) return 'unknown';
  if (heat.bucket === 'COLD') return 'cold';
  return heat.bucket === 'WARM' ? 'warm' : 'hot';
}

/** A heat in a line: its figure and the bucket, or that it is not known. */
export function heatWord(heat: Pick<Heat, 'value'> & HeatNow): string {
  if (isBucketUnknown(heat)) return 'UNKNOWN';
  return heat.cause === null ? `${ratio(heat.value)} ${heat.bucket}` : heat.bucket;
}
