import type { Overview } from '../state/wire.ts';
import { ratio } from './figures.ts';

type Heat = Overview['heat'];

/** How a heat looks: the colour and the drawing of its bucket, or of what is not known. */
export function lookOf({ bucket, cause }: Pick<Heat, 'bucket' | 'cause'>): 'cold' | 'warm' | 'hot' | 'unknown' {
  if (cause !== null) return 'unknown';
  if (bucket === 'COLD') return 'cold';
  return bucket === 'WARM' ? 'warm' : 'hot';
}

/** A heat in a line: its figure and its bucket, or that it is not known. */
export function heatWord({ value, bucket, cause }: Pick<Heat, 'value' | 'bucket' | 'cause'>): string {
  return cause === null ? `${ratio(value)} ${bucket}` : 'UNKNOWN';
}
