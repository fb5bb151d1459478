import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { loadMay2021, type Market } from '../../runtime/market/player/market.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { MONTH } from './month-report.ts';

/** What of a logged decision is looked at. */
export type Logged = Record<'id' | 'handler' | 'verdict' | 'reason' | 'symbol' | 'plan_id' | 'facts' | 'input', string>;

/** The decisions of the month. */
export async function log(): Promise<readonly Logged[]> {
  const lines = gunzipSync(await readFile(MONTH))
    .toString('utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Logged);
}

interface Kept {
  readonly symbol: string;
  readonly plan: string;
  readonly from: number;
  readonly to: number;
  readonly price: number;
  /** Signed coins that are still kept. */
  qty: number;
}

const MAY = loadMay2021();
const hourOf = ({ id }: Pick<Logged, 'id'>, market: Market = MAY) =>
  (Number(id.split('-')[0]) - market.closedAtMs(0)) / HOUR_MS;

/** The kept parts of the month by a loop over the log and the closes, in another way than the report. */
function keptParts(all: readonly Logged[], horizonHours: number, market: Market = MAY): Kept[] {
  const exits = all.filter(({ handler }) => handler === 'heat-gate');
  return exits.flatMap((exit, at): Kept[] => {
    if (exit.verdict !== 'DOWNGRADE') return [];
    const next = exits.slice(at + 1).find(({ symbol }) => symbol === exit.symbol);
    const from = hourOf(exit, market);
    const to = Math.min(next === undefined ? Infinity : hourOf(next, market), from + horizonHours, market.hours - 1);
    const plan = all.find(({ handler, plan_id }) => handler === 'governor' && plan_id === exit.plan_id);
    const share = exit.reason === 'portfolio_heat_cold' ? 0.75 : 0.25;
    const qty = Number(JSON.parse(plan?.facts ?? '{}').position_qty) * share;
    return [{ symbol: exit.symbol, plan: exit.plan_id, from, to, price: market.close(exit.symbol, from), qty }];
  });
}

/** A share of the notional that long pays short at the close of an hour; most hours have none. */
export type FundingByHour = (symbol: string, hour: number) => number;

const NO_FUNDING: FundingByHour = () => 0;

/** Whether perpetual futures pay at the close of an hour. */
export function isFundingHour(hour: number): boolean {
  return MAY.closedAtMs(hour) % (8 * HOUR_MS) === 0;
}

/** Rates that are made up: of each symbol others, above and below 0. */
export function madeUpFunding(symbol: string, hour: number): number {
  if (!isFundingHour(hour)) return 0;
  return (((symbol.charCodeAt(0) * 7 + symbol.length + hour) % 11) - 4) / 4_000;
}

/** Rates of the month as a file has them. */
export function fundingCsv(of: FundingByHour, hours: (hour: number) => boolean = isFundingHour): string {
  const market = MAY;
  const all = Array.from({ length: market.hours }, (_, hour) => hour).filter(hours);
  const lines = all.flatMap((hour) =>
    market.symbols.map((symbol) => `${symbol},${market.closedAtMs(hour)},${of(symbol, hour).toFixed(8)}`),
  );
  return ['symbol,time,rate', ...lines, ''].join('\n');
}

/** What each kept part (or blocked plan) was held over: its notional then, its side and the hours at which it pays. */
function heldHours({ qty, price, from, to }: Kept) {
  const hours = Array.from({ length: to - from }, (_, at) => from + 1 + at).filter(isFundingHour);
  return { usd: Math.abs(qty) * price, side: Math.sign(qty), hours };
}

/** Held funding hours of the kept parts of the month. */
export async function keptHours(horizonHours: number) {
  return keptParts(await log(), horizonHours).map(heldHours);
}

/** What each of them came to by itself. */
export async function byHand(horizonHours: number, funding = NO_FUNDING): Promise<number[]> {
  return keptParts(await log(), horizonHours).map((part) => earnedBy(part, funding));
}

function earnedBy({ qty, symbol, from, to, price }: Kept, funding: FundingByHour, market: Market = MAY): number {
  let usd = qty * (market.close(symbol, to) - price);
  for (let hour = from + 1; hour <= to; hour += 1) usd -= qty * market.close(symbol, hour) * funding(symbol, hour);
  return usd;
}

/** The adjusted reading worked out hour by hour on coins, in another way than the report. */
export async function adjustedByHand(horizonHours: number, funding = NO_FUNDING) {
  const all = await log();
  return adjustedOf(all, keptParts(all, horizonHours), funding);
}

function adjustedOf(all: readonly Logged[], kept: readonly Kept[], funding: FundingByHour, market: Market = MAY) {
  const keptUsd = kept.reduce((sum, { qty, price }) => sum + Math.abs(qty) * price, 0);
  let pnlUsd = 0;
  const byPart = new Map<Kept, number>();
  const met = { overlaps: new Set<Kept>(), opposite: new Set<Kept>() };
  const end = (part: Kept, coins: number, hour: number) => {
    const signed = Math.sign(part.qty) * coins;
    const usd = signed * (market.close(part.symbol, hour) - part.price);
    pnlUsd += usd;
    byPart.set(part, (byPart.get(part) ?? 0) + usd);
    part.qty -= signed;
  };
  for (let hour = 0; hour < market.hours; hour += 1) {
    for (const { symbol, qty, from, to } of kept) {
      if (from < hour && hour <= to) pnlUsd -= qty * market.close(symbol, hour) * funding(symbol, hour);
    }
    for (const part of kept) if (part.to === hour) end(part, Math.abs(part.qty), hour);
    const entries = all.filter(
      (one) =>
        one.handler === 'governor' &&
        one.verdict === 'PERMIT' &&
        /^entry/.test(one.plan_id) &&
        hourOf(one, market) === hour,
    );
    for (const entry of entries) {
      const open = () => kept.filter(({ from, to, qty }) => from <= hour && to > hour && Math.abs(qty) > 1e-9);
      const { side, qty } = JSON.parse(entry.input);
      const facts = JSON.parse(entry.facts);
      for (const part of open().filter(({ symbol }) => symbol === entry.symbol)) {
        met.overlaps.add(part);
        if ((side === 'BUY') === part.qty > 0) continue;
        met.opposite.add(part);
        end(part, Math.min(Math.abs(part.qty), qty), hour);
      }
      const held = new Set([...facts.exposure.largest.map(({ symbol }: Kept) => symbol), entry.symbol]);
      const beside = open().filter(({ symbol }) => !held.has(symbol));
      const places = held.size + new Set(beside.map(({ symbol }) => symbol)).size;
      for (const part of beside.slice(0, Math.max(0, places - 9))) end(part, Math.abs(part.qty), hour);
      let over = facts.gross_notional_usd + facts.plan_notional_usd - 350_000;
      for (const { symbol, qty: coins } of open()) over += Math.abs(coins) * market.close(symbol, hour);
      for (const part of open()) {
        const coins = Math.min(Math.abs(part.qty), Math.max(0, over) / market.close(part.symbol, hour));
        over -= coins * market.close(part.symbol, hour);
        if (coins > 0) end(part, coins, hour);
      }
    }
  }
  return { pnlUsd, byPart, keptUsd, overlaps: met.overlaps.size, opposite: met.opposite.size };
}

/** Both readings of a demo's log on a market, each exit by its day (of those of the market) with what it came to. */
export function readingsByHand(all: readonly Logged[], market: Market, horizonHours: number) {
  const kept = keptParts(all, horizonHours, market);
  const dayOf = ({ from }: Kept) => Math.floor((market.closedAtMs(from) - market.closedAtMs(-1)) / (24 * HOUR_MS));
  const direct = kept.map((part) => ({ day: dayOf(part), usd: earnedBy(part, NO_FUNDING, market) }));
  const { byPart } = adjustedOf(all, kept, NO_FUNDING, market);
  return { direct, adjusted: [...byPart].map(([part, usd]) => ({ day: dayOf(part), usd })) };
}

/** The plans that the governor blocked in the month, as positions that nobody had, by a loop over the log and the closes. */
export async function blockedByHand(horizonHours: number, funding = NO_FUNDING) {
  const market = MAY;
  const all = await log();
  const plans = all.flatMap((plan, at): (Kept & { reason: string; usd: number })[] => {
    if (plan.handler !== 'governor' || plan.verdict !== 'BLOCK' || !plan.plan_id.startsWith('entry')) return [];
    const left = all.slice(at + 1).find(({ handler, symbol }) => handler === 'heat-gate' && symbol === plan.symbol);
    const from = hourOf(plan);
    const to = Math.min(left === undefined ? Infinity : hourOf(left), from + horizonHours, market.hours - 1);
    const price = market.close(plan.symbol, from);
    const usd = Number(JSON.parse(plan.facts).plan_notional_usd);
    const qty = ((JSON.parse(plan.input).side === 'BUY' ? 1 : -1) * usd) / price;
    return [{ symbol: plan.symbol, plan: plan.plan_id, reason: plan.reason, from, to, price, qty, usd }];
  });
  const direct = plans.map((plan) => ({ reason: plan.reason, pnlUsd: earnedBy(plan, funding), ...heldHours(plan) }));
  const until = new Map<string, number>();
  const once = plans.filter(({ symbol, qty, from, to }) => {
    const key = `${symbol} ${Math.sign(qty)}`;
    if (from < (until.get(key) ?? -1)) return false;
    until.set(key, to);
    return true;
  });
  return {
    direct,
    usd: plans.reduce((sum, { usd }) => sum + usd, 0),
    once: once.length,
    ...adjustedOf(all, once, funding),
  };
}

/** The month as if a candidate had been asked about every plan: it blocks what is worth more than this, and permits the rest. */
export async function withPlanCandidate(mostUsd: number) {
  const all = await log();
  return all.map((line) => {
    if (line.handler !== 'governor' || !line.plan_id.startsWith('entry')) return line;
    const isMore = Number(JSON.parse(line.facts).plan_notional_usd) > mostUsd;
    const said = isMore ? { verdict: 'BLOCK', reason: 'trade_notional_exceeded' } : { verdict: 'PERMIT', reason: 'ok' };
    return { ...line, candidate: JSON.stringify({ version: 'candidate-1', ...said, checks: [] }) };
  });
}

/** The same of every exit that heat decided over: the candidate lets all of them pass whole. */
export async function withExitCandidate() {
  const all = await log();
  return all.map((line) => {
    if (line.handler !== 'heat-gate') return line;
    const said = { verdict: 'PASS', reason: 'portfolio_heat_hot', checks: [] };
    return { ...line, candidate: JSON.stringify({ version: 'candidate-2', ...said }) };
  });
}
