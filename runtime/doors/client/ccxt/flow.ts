import { randomUUID } from 'node:crypto';
import type { PermitResult } from '../http.ts';
import { type AskingGate, type Given, OrderRefused, permitFor } from './asking.ts';
import { type Call, type Fields, UnusableOrder } from './call.ts';
import { type Exchange, Looks } from './look.ts';
import { plainSymbol, type Size, shareOf, sizeOf, toldOf } from './size.ts';

const KEPT = 10_000;
const TIMEOUT_MS = 500;
/** Errors of ccxt, by name, which prove that no order was placed, and those below them that prove nothing. */
const NOT_PLACED =
  'InsufficientFunds InvalidOrder BadSymbol ArgumentsRequired AuthenticationError NotSupported OperationRejected'.split(
    ' ',
  );
const MAYBE_PLACED = ['DuplicateOrderId', 'OrderNotFound', 'OrderNotCached', 'NoChange'];

/** How an exchange is gated. */
export interface GatedOptions {
  /** Methods to let through that would be refused. */
  readonly allow?: readonly string[];
  /** Turns a market of ccxt into the governor's name of it. */
  readonly symbol?: (market: Fields) => string;
  /** Turns a plan id (32 hex digits) into what the exchange takes as a client order id. */
  readonly clientOrderId?: (planId: string) => string;
  /** Milliseconds after which no permit can be given any more; 500 unless said. */
  readonly timeoutMs?: number;
  /** Whether position or balance is read before an order that does not say it closes; unless said, it is. */
  readonly look?: boolean;
}

/** An order with its permit, on its way to the exchange. `answered`: whether the governor knows of it. */
export interface Asked {
  readonly planId: string;
  readonly market: Fields;
  readonly answered: boolean;
}

/** What happens before and after an order. */
export class Flow {
  readonly looks: Looks;
  readonly #gate: AskingGate;
  readonly #options: GatedOptions;
  readonly #editsAreNew: boolean;
  readonly #open = new Map<string, Asked>();

  constructor(exchange: Exchange, gate: AskingGate, options: GatedOptions) {
    this.looks = new Looks(exchange, options.look ?? true);
    this.#gate = gate;
    this.#options = options;
    this.#editsAreNew = (exchange.has as Fields | undefined)?.editOrder === 'emulated';
  }

  /** Asks, and makes the call as the permit says; throws `OrderRefused`, and `UnusableOrder` for what cannot be asked. */
  async ask(call: Call, edit = false): Promise<Asked> {
    const market = await this.looks.market(call.get('symbol'));
    const spot = Boolean(market.spot);
    if (spot && call.reduceOnly) {
      throw new UnusableOrder(
        `reduceOnly: expected none on the spot market ${market.symbol}, which has no such orders`,
      );
    }
    const byExchange = !edit && !spot && call.closesByExchange;
    const before = await this.looks.before(call, market, edit);
    let closing = byExchange || call.reduceOnly || before.reduceOnly === true || (!edit && !spot && call.closesByKind);
    if (!closing && (spot || !edit)) closing = await this.looks.closes(call, market, Number(before.remaining ?? 0));
    const last = call.ownPrice === undefined ? await this.looks.last(market.symbol) : undefined;
    const size = sizeOf(call, market, last, closing);
    const planId = (edit ? undefined : call.clientId) ?? randomUUID().replaceAll('-', '');
    const given = await this.#permit(planId, { market, side: call.side, size, closing });
    if (given !== undefined) this.#resize(call, market, shareOf(size, given.permit));
    const reduceOnly = (given?.permit.reduceOnly ?? true) && !spot && !byExchange;
    this.#mark(call, { planId, edit, reduceOnly });
    return { planId, market, answered: given !== undefined };
  }

  /** Reports what the exchange's answer says, or waits for one that says it. */
  async after(asked: Asked, order: unknown): Promise<void> {
    if (!isOrder(order)) return;
    keep(this.#open, String(order.id), asked);
    const says = (order.status ?? undefined) !== undefined;
    await this.learn(says ? order : ((await this.looks.order(order.id, asked.market.symbol)) ?? order));
  }

  /** Reports what became of orders that were placed here, from any answer that tells of them. */
  async learn(orders: unknown): Promise<void> {
    for (const order of Array.isArray(orders) ? orders : [orders]) {
      const asked = isOrder(order) ? this.#open.get(String(order.id)) : undefined;
      const told = asked && toldOf(order, asked.market);
      if (asked === undefined || told === undefined) continue;
      this.#open.delete(String(order.id));
      await this.#report(asked, told);
    }
  }

  /** Frees the room only where the error proves that no order was placed. */
  async failed(asked: Asked, error: unknown): Promise<void> {
    const names = namesOf(error);
    if (!names.some((name) => NOT_PLACED.includes(name)) || names.some((name) => MAYBE_PLACED.includes(name))) return;
    const { message } = error as Error;
    await this.#report(asked, { outcome: 'rejected', error: (message || String(names[0])).slice(0, 1000) });
  }

  /** Frees the room of an order that was not sent. */
  async giveBack(asked: Asked): Promise<void> {
    await this.#report(asked, { outcome: 'rejected', error: 'not sent' });
  }

  /** A report that fails ends no order: it is in the log. */
  async #report(asked: Asked, told: PermitResult): Promise<void> {
    if (!asked.answered) return;
    try {
      await this.#gate.result(asked.planId, told);
    } catch (error) {
      console.error(`plan ${asked.planId}: expected to report ${told.outcome}, got ${(error as Error).message}`);
    }
  }

  async #permit(
    planId: string,
    { market, side, size, closing }: { market: Fields; side: 'buy' | 'sell'; size: Size; closing: boolean },
  ): Promise<Given> {
    const given = await permitFor(this.#gate, {
      symbol: (this.#options.symbol ?? plainSymbol)(market),
      side: side === 'buy' ? 'BUY' : 'SELL',
      ...size,
      reduce_only: closing,
      plan_id: planId,
      timeout_ms: this.#options.timeoutMs ?? TIMEOUT_MS,
    });
    if (given !== undefined && given.expires_at * 1000 <= Date.now()) {
      throw new OrderRefused('permit_expired', 'the permit had ended before the order was sent', given);
    }
    return given;
  }

  /** Sends less where less was permitted. */
  #resize(call: Call, market: Fields, share: number): void {
    const name = call.values.amount ? 'amount' : 'cost';
    const sent = call.values[name] ? call.values : call.params;
    if (share === 1 || !sent[name]) return;
    const less = Number(sent[name]) * share;
    const fitting = name === 'amount' && call.amount !== undefined ? this.looks.fitting(market, less) : less;
    if (!(fitting > 0)) {
      throw new UnusableOrder(
        `${name}: expected one that ${market.symbol} takes, got ${less}, the part that was permitted`,
      );
    }
    sent[name] = fitting;
  }

  /** The exchange's reduceOnly if and only if the permit says so, and the plan id as client order id. */
  #mark({ params, clientId }: Call, about: { planId: string; edit: boolean; reduceOnly: boolean }): void {
    const { planId, edit, reduceOnly } = about;
    delete params.reduce_only;
    if (!edit || this.#editsAreNew) {
      delete params.reduceOnly;
      if (reduceOnly) params.reduceOnly = true;
    }
    if (!edit && clientId === undefined) params.clientOrderId = (this.#options.clientOrderId ?? String)(planId);
  }
}

function isOrder(order: unknown): order is Fields {
  return typeof order === 'object' && order !== null && (order as Fields).id !== undefined;
}

/** The classes of an error, by name: ccxt's come from another copy of it than this one could import. */
function namesOf(error: unknown): readonly string[] {
  const names: string[] = [];
  for (let kind = Object.getPrototypeOf(error ?? {}); kind; kind = Object.getPrototypeOf(kind)) {
    names.push(String(kind.constructor?.name));
  }
  return names;
}

function keep<T>(kept: Map<string, T>, name: string, value: T): void {
  kept.set(name, value);
  const [oldest] = kept.keys();
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
}
