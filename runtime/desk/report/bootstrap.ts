import { normalQuantile, normalShare } from './normal.ts';

/** Resamples where nothing else is said. */
export const RESAMPLES = 2_000;
/** Where every bootstrap begins: two reports on the same log say the same. */
export const SEED = 20_210_519;
/** With fewer blocks nothing is said of how sure a sum is. */
export const LEAST_BLOCKS = 10;
/** Standard normal quantile of 0.975. */
const Z = 1.959963985;

/** A 95 % interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The BCa interval of the sum of blocks (bias-corrected and accelerated bootstrap: Efron, Better Bootstrap Confidence
 * Intervals, 1987): whole blocks are drawn with replacement, and the acceleration is that of the jackknife over them.
 */
export function bcaOfSum(blocks: readonly number[], { resamples = RESAMPLES, seed = SEED } = {}): Interval {
  const sum = sumOf(blocks);
  const drawn = resampledSums(blocks, resamples, seed);
  const below = drawn.reduce((count, one) => count + (one < sum ? 1 : one === sum ? 0.5 : 0), 0);
  const bias = normalQuantile(clamped(below / resamples, resamples));
  const acceleration = accelerationOf(blocks);
  const reach = fewBlocks(blocks.length);
  const at = (from: number) => {
    const z = bias + from;
    const share = normalShare(bias + z / (1 - acceleration * z));
    return drawn[Math.min(resamples - 1, Math.max(0, Math.round(share * (resamples - 1))))] ?? sum;
  };
  return { low: at(-reach), high: at(reach) };
}

/** Sums by day put together in blocks of so many days, in order of time; what is left over is in the last of them. */
export function blocksOf(days: readonly number[], blockDays: number): readonly number[] {
  const count = Math.max(1, Math.floor(days.length / blockDays));
  return Array.from({ length: count }, (_, at) => {
    return sumOf(days.slice(at * blockDays, at === count - 1 ? undefined : (at + 1) * blockDays));
  });
}

/**
 * How many standard errors from the middle the tails of 2.5 % begin with so few blocks: those of a t distribution (its
 * expansion of Cornish and Fisher), on a spread that resampling makes too small by (n - 1) / n (Hesterberg, What Teachers
 * Should Know About the Bootstrap, 2015: expanded percentiles).
 */
function fewBlocks(count: number): number {
  const free = Math.max(1, count - 1);
  const t = Z + (Z ** 3 + Z) / (4 * free) + (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / (96 * free ** 2);
  return t * Math.sqrt(count / free);
}

/** Sorted. */
function resampledSums(blocks: readonly number[], resamples: number, seed: number): Float64Array {
  const random = randomFrom(seed);
  const drawn = new Float64Array(resamples);
  for (let at = 0; at < resamples; at += 1) {
    let sum = 0;
    for (let block = 0; block < blocks.length; block += 1) sum += blocks[Math.floor(random() * blocks.length)] ?? 0;
    drawn[at] = sum;
  }
  return drawn.sort();
}

function accelerationOf(blocks: readonly number[]): number {
  const mean = sumOf(blocks) / blocks.length;
  const [squares, cubes] = [2, 3].map((power) => sumOf(blocks.map((block) => (block - mean) ** power)));
  return squares === undefined || cubes === undefined || squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function clamped(share: number, resamples: number): number {
  return Math.min(1 - 0.5 / resamples, Math.max(0.5 / resamples, share));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
