import type { BalanceChange } from '../../../../schemas/account.ts';
import type { AccountUpdate, MarginCall, OrderUpdate, PositionChange, PositionSide, UserEvent } from '../port.ts';
import { eventOf } from './frame.ts';
import { excerptOf, figureOf, type Item, itemOf, Problems, symbolOf, textOf, timeMsOf } from './items.ts';

/** A user event before its place among the others is known. */
export type BareUserEvent = WithoutPlace<UserEvent>;
type WithoutPlace<E> = E extends UserEvent ? Omit<E, 'late'> : never;

/**
 * What a frame of the user stream is: an event (with what of it could not be read), the end of a listen key (which one, where it says),
 * something that does not concern us, or nothing that can be read.
 */
export type UserFrame =
  | { readonly kind: 'event'; readonly event: BareUserEvent; readonly problems: readonly string[] }
  | { readonly kind: 'expired'; readonly listenKey: string | undefined }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'problem'; readonly problem: string };

const SIDES: readonly PositionSide[] = ['BOTH', 'LONG', 'SHORT'];
/** What the exchange calls its own orders: liquidations, ADL, settlements. */
const EXCHANGES_OWN = ['autoclose-', 'adl_autoclose', 'settlement_autoclose-'];
const NO_TRADE = new Set(['', '0', '-1']);

/** What a frame of the user stream says. Every event of an account that we do not use is ignored, new kinds included. */
export function readUserFrame(text: string): UserFrame {
  const frame = eventOf(text);
  if (frame === undefined)
    return { kind: 'problem', problem: `user stream: expected a JSON event, got ${excerptOf(text)}` };
  switch (frame.e) {
    case 'ACCOUNT_UPDATE':
      return placed(frame, (times, problems) => accountUpdate(frame, times, problems));
    case 'ORDER_TRADE_UPDATE':
      return placed(frame, (times, problems) => orderUpdate(frame, times, problems));
    case 'MARGIN_CALL':
      return placed(frame, (times) => marginCall(frame, times));
    case 'listenKeyExpired':
      return { kind: 'expired', listenKey: textOf(frame.listenKey) || undefined };
    default:
      return { kind: 'ignored' };
  }
}

interface Times {
  readonly eventMs: number;
  readonly transactionMs: number;
}

function placed(frame: Item, read: (times: Times, problems: Problems) => BareUserEvent | undefined): UserFrame {
  const problems = new Problems();
  const eventMs = timeMsOf(frame.E);
  const transactionMs = timeMsOf(frame.T) ?? eventMs;
  if (eventMs === undefined || transactionMs === undefined) {
    return { kind: 'problem', problem: `${textOf(frame.e)}: expected an event time in ms, got ${excerptOf(frame.E)}` };
  }
  const event = read({ eventMs, transactionMs }, problems);
  if (event === undefined) {
    return { kind: 'problem', problem: `${textOf(frame.e)}: expected its details, got ${excerptOf(frame)}` };
  }
  return { kind: 'event', event, problems: problems.list() };
}

function accountUpdate(frame: Item, times: Times, problems: Problems): Omit<AccountUpdate, 'late'> | undefined {
  const details = itemOf(frame.a);
  if (details === undefined) return undefined;
  const balances = readEach(details.B, balanceChange, 'a balance', problems);
  const positions = readEach(details.P, positionChange, 'a position', problems);
  return { kind: 'account_update', ...times, reason: textOf(details.m), balances, positions };
}

function balanceChange(item: Item): BalanceChange | undefined {
  const asset = textOf(item.a);
  const wallet = figureOf(item.wb);
  const change = item.bc === undefined ? 0 : figureOf(item.bc);
  return asset === '' || wallet === undefined || change === undefined ? undefined : { asset, wallet, change };
}

function positionChange(item: Item): PositionChange | undefined {
  const symbol = symbolOf(item.s);
  const side = SIDES.find((one) => one === (item.ps ?? 'BOTH'));
  const qty = figureOf(item.pa);
  return symbol === undefined || side === undefined || qty === undefined ? undefined : { symbol, side, qty };
}

function orderUpdate(frame: Item, times: Times, problems: Problems): Omit<OrderUpdate, 'late'> | undefined {
  const order = itemOf(frame.o);
  const symbol = symbolOf(order?.s);
  const orderId = textOf(order?.i);
  if (order === undefined || symbol === undefined || orderId === '') return undefined;
  const read = (name: string) => {
    const value = order[name] === undefined ? 0 : figureOf(order[name]);
    if (value === undefined)
      problems.add(`${symbol}: ${name} of order ${orderId} is no number: ${excerptOf(order[name])}`);
    return value;
  };
  const tradeId = textOf(order.t);
  return {
    kind: 'order_update',
    ...times,
    symbol,
    orderId,
    clientOrderId: textOf(order.c),
    side: textOf(order.S),
    closes: closesOnly(order),
    execution: textOf(order.x),
    status: textOf(order.X),
    tradeId: NO_TRADE.has(tradeId) ? undefined : tradeId,
    filledQty: read('l') ?? 0,
    filledPrice: read('L') ?? 0,
    realizedPnlUsd: read('rp'),
  };
}

function closesOnly({ R: reduceOnly, cp: closesAll, ps: positionSide, S: side, c: clientOrderId }: Item): boolean {
  if (reduceOnly === true || closesAll === true) return true;
  if (EXCHANGES_OWN.some((start) => textOf(clientOrderId).startsWith(start))) return true;
  return (positionSide === 'LONG' && side === 'SELL') || (positionSide === 'SHORT' && side === 'BUY');
}

function marginCall(frame: Item, times: Times): Omit<MarginCall, 'late'> {
  const list = Array.isArray(frame.p) ? frame.p : [];
  return { kind: 'margin_call', ...times, symbols: list.flatMap((value) => symbolOf(itemOf(value)?.s) ?? []) };
}

function readEach<T>(
  list: unknown,
  read: (item: Item) => T | undefined,
  what: string,
  problems: Problems,
): readonly T[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) {
    problems.add(`expected a list with ${what} each, got ${excerptOf(list)}`);
    return [];
  }
  return list.flatMap((value) => {
    const item = itemOf(value);
    const result = item === undefined ? undefined : read(item);
    if (result === undefined) problems.add(`${what} cannot be read: ${excerptOf(value)}`);
    return result ?? [];
  });
}
