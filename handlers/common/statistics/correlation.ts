import { round10 } from '../../../schemas/number.ts';

/**
 * Pearson's correlation of two series on one grid of times, NaN where there is no value, over the times that both have;
 * at 10 digits. `undefined` with fewer than `minimum` common times, or when one of them does not move at them.
 * Two passes over plain numbers: with 200 symbols, 20,000 pairs are compared at once.
 */
export function correlation(a: Float64Array, b: Float64Array, minimum: number): number | undefined {
  let [count, sumX, sumY] = [0, 0, 0];
  for (let at = 0; at < a.length; at += 1) {
    const x = a[at] ?? Number.NaN;
    const y = b[at] ?? Number.NaN;
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    count += 1;
    sumX += x;
    sumY += y;
  }
  if (count < Math.max(2, minimum)) return undefined;
  return aroundMeans(a, b, { count, meanX: sumX / count, meanY: sumY / count });
}

function aroundMeans(
  a: Float64Array,
  b: Float64Array,
  { count, meanX, meanY }: { readonly count: number; readonly meanX: number; readonly meanY: number },
): number | undefined {
  let [xx, yy, xy] = [0, 0, 0];
  for (let at = 0; at < a.length; at += 1) {
    const x = (a[at] ?? Number.NaN) - meanX;
    const y = (b[at] ?? Number.NaN) - meanY;
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    xx += x * x;
    yy += y * y;
    xy += x * y;
  }
  const moves = (squares: number) => round10(Math.sqrt(squares / count)) > 0;
  if (!moves(xx) || !moves(yy)) return undefined;
  return round10(Math.min(1, Math.max(-1, xy / (Math.sqrt(xx) * Math.sqrt(yy)))));
}
