import { closeFraction, plainAction } from '../../schemas/action.ts';
import { type DecisionRecord, recorded } from '../../schemas/decision.ts';
import { HeatFacts } from '../../schemas/heat-facts.ts';
import type { HeatCause, HeatSettings } from '../../schemas/heat-gate.ts';
import { toJson } from '../../schemas/json.ts';
import { round10 } from '../../schemas/number.ts';
import { riskOf } from '../../schemas/position-risk.ts';
import { dollarsHere, otherSymbols } from '../common/otherwise/dollars.ts';
import { afterExit, otherExits } from '../common/otherwise/exits.ts';
import { type OrderBook, otherOrders } from '../common/otherwise/orders.ts';
import { otherPositions } from '../common/otherwise/positions.ts';
import type { Carried, JointRuling, Logged } from '../contract/carried.ts';
import type { Ruling } from '../contract/effects.ts';
import type { Rules } from '../contract/handler.ts';
import { rejudgeExit } from './rejudge.ts';

/** Why a heat is unknown that no position changes: of the account, or of the stream of positions. */
const WITHOUT_BOOK: ReadonlySet<HeatCause> = new Set([
  'portfolio_state_missing',
  'portfolio_state_stale',
  'invalid_equity',
  'equity_doubted',
  'positions_unreadable',
]);

/** An exit judged again at the heat as it would be; that it would close another part is kept for the plan that carries it out. */
export function jointExit({ record, atMs }: Logged, under: Rules<HeatSettings>, carried: Carried): JointRuling {
  const heat = heatHere(record, { orders: otherOrders.in(carried), positions: otherPositions.in(carried) });
  const again = typeof heat === 'number' ? { ...record, facts: toJson({ heat }) } : record;
  const ruling = rejudgeExit(again, under);
  const lost = heat === 'unknown' ? 'heat_as_logged' : undefined;
  if (ruling === undefined || plainAction(record.action) !== 'FULL_CLOSE') return { ruling, carried, lost };
  const { planId, symbol } = record;
  const shares = { logged: shareClosed(record, record.mode), here: shareClosed(ruling, under.mode) };
  const exits = afterExit(otherExits.in(carried), { planId, symbol, atMs, ...shares });
  return { ruling, carried: otherExits.put(carried, exits), lost };
}

/** Which share of the position a full close closes: in shadow all, whatever the gate would have kept. */
function shareClosed({ verdict, reason }: Pick<Ruling, 'verdict' | 'reason'>, mode: string): number {
  if (mode !== 'enforce' || verdict !== 'DOWNGRADE') return 1;
  return closeFraction(reason.endsWith('_warm') ? 'PARTIAL_75' : 'PARTIAL_25') ?? 1;
}

/** The heat that an exit would have been judged at; undefined: that of the log. */
function heatHere(record: DecisionRecord, book: OrderBook): number | 'unknown' | undefined {
  const symbols = otherSymbols(book);
  if (symbols.size === 0) return undefined;
  const facts = recorded(HeatFacts, record.facts);
  if (facts === undefined || (facts.cause !== undefined && WITHOUT_BOOK.has(facts.cause))) return undefined;
  const moved = riskMoved(facts, symbols, book);
  if (moved === 0) return undefined;
  const { equity_usd: equityUsd, cause, risk = {}, book: told } = facts;
  const hasGaps = told.sigma_missing_count + told.notional_missing_count > 0;
  if (moved === undefined || hasGaps || equityUsd === null || cause !== undefined || Object.keys(risk).length > 0)
    return 'unknown';
  return round10(Math.min(Math.max(0, round10(told.risk_usd + moved)) / equityUsd, Number.MAX_VALUE));
}

/** What the risk of the book would be more, US dollars; undefined where a position that is another has no sigma in the entry. */
function riskMoved(facts: HeatFacts, symbols: ReadonlySet<string>, book: OrderBook): number | undefined {
  const { largest } = facts.book;
  const isWhole = isTold(facts.book);
  let moved = 0;
  for (const symbol of symbols) {
    const told = largest.find((one) => one.symbol === symbol);
    if (told === undefined && !isWhole) return undefined;
    const { each, isKnown } = dollarsHere(told?.notional_usd ?? 0, symbol, book);
    const [usd] = each;
    if (!isKnown) return undefined;
    if (each.every((one) => one === (told?.notional_usd ?? 0))) continue;
    if (told === undefined || usd === undefined || each.length !== 1) return undefined;
    moved += riskOf({ ...told, notional_usd: usd }) - riskOf(told);
  }
  return moved;
}

/** Whether an entry names all that is held. */
function isTold({ positions, silent_positions, largest }: HeatFacts['book']): boolean {
  return positions === largest.length && silent_positions === 0;
}
