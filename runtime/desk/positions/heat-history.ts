import type { Redis } from 'ioredis';
import type { HeatHistory } from '../../../schemas/api/overview.ts';
import { heatBuckets } from '../../../schemas/heat-gate.ts';
import { streams } from '../../../schemas/keys.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { timeOf } from '../../../schemas/time.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** Points of an answer at most: more than a plot on a large screen can show. */
const MOST_POINTS = 2_000;
const PAGE = 2_000;

type Point = HeatHistory['points'][number];

/**
 * The heat between two moments, both included, Unix ms by the clock of the portfolio. Where there are more than 2,000
 * entries the span is cut into 2,000 bins, and each has the entry with the largest heat in it: a peak is never lost.
 */
export async function heatHistory(
  redis: Redis,
  portfolio: Portfolio,
  range: { readonly sinceMs: number; readonly untilMs: number },
): Promise<HeatHistory> {
  const { sinceMs, untilMs } = range;
  const about = { since: sinceMs / 1000, until: untilMs / 1000 };
  const binMs = Math.max(1, (untilMs - sinceMs) / MOST_POINTS);
  const bins = new Map<number, Point>();
  let few: Point[] | undefined = [];
  for await (const point of points(redis, portfolio, range)) {
    few?.push(point);
    if (few !== undefined && few.length > MOST_POINTS) few = undefined;
    const bin = Math.min(MOST_POINTS - 1, Math.floor((point.at * 1000 - sinceMs) / binMs));
    const highest = bins.get(bin);
    if (highest === undefined || point.heat > highest.heat) bins.set(bin, point);
  }
  if (few !== undefined) return { ...about, bin_sec: 0, points: few };
  return { ...about, bin_sec: binMs / 1000, points: [...bins.values()].sort((a, b) => a.at - b.at) };
}

/** Entries are as old as their time says. Only of a portfolio with a simulated clock is that another one than their ids'. */
async function* points(
  redis: Redis,
  portfolio: Portfolio,
  { sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number },
): AsyncGenerator<Point> {
  const key = portfolio.streamKey(streams.heatHistory);
  const { simulatedClock } = portfolio;
  let from = simulatedClock ? '-' : String(Math.max(0, Math.floor(sinceMs)));
  const to = simulatedClock ? '+' : String(Math.floor(untilMs) + 1_000);
  for (;;) {
    const page = await redis.xrange(key, from, to, 'COUNT', PAGE);
    for (const [, flat] of page) {
      const point = pointOf(flat);
      if (point !== undefined && point.at * 1000 >= sinceMs && point.at * 1000 <= untilMs) yield point;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    from = `(${last[0]}`;
  }
}

function pointOf(flat: readonly string[]): Point | undefined {
  const fields = fieldsOf(flat);
  const atMs = timeOf(fields);
  const heat = parseNumber(fields.heat);
  const bucket = heatBuckets.find((one) => one === fields.bucket);
  if (atMs === undefined || heat === undefined || bucket === undefined) return undefined;
  const known = fields.reason?.startsWith('fail_closed_') !== true;
  return {
    ...{ at: atMs / 1000, heat, bucket, known },
    equity_usd: parseNumber(fields.equity_usd) ?? null,
    gross_notional_usd: parseNumber(fields.gross_notional_usd) ?? null,
  };
}
