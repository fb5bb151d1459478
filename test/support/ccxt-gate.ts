import {
  type AskAnswer,
  type AskingGate,
  type GatedOptions,
  gatedExchange,
  type Order,
  type PermitResult,
} from '../../runtime/doors/client/index.ts';
import { PaperExchange } from './ccxt-exchange.ts';

/** A gate that judges as it is told: opens are refused above `maxUsd`; `share` of a size is given; `trouble` is no answer. */
export class PaperGate implements AskingGate {
  asked: Order[] = [];
  results: Record<string, PermitResult> = {};
  maxUsd = Number.POSITIVE_INFINITY;
  share = 1;
  killed = false;
  trouble: Error | undefined;

  async ask(order: Order): Promise<AskAnswer> {
    this.asked.push(order);
    if (this.trouble) throw this.trouble;
    const planId = String(order.plan_id);
    const usd = order.notional_usd ?? (order.qty ?? 0) * (order.price ?? 0);
    if (this.killed || (!order.reduce_only && usd > this.maxUsd)) {
      const reason = this.killed ? 'kill_switch_active' : 'notional_per_trade_exceeded';
      return { plan_id: planId, granted: false, reason, words: 'no', checks: [], largest: null };
    }
    const qty = order.qty === undefined ? null : order.qty * this.share;
    const permit = { granted: true, symbol: order.symbol, computed_qty: qty, computed_notional: usd * this.share };
    const answer = { plan_id: planId, granted: true, repeated: false, expires_at: Date.now() / 1000 + 60 };
    return {
      ...answer,
      permit: { ...permit, reduceOnly: order.reduce_only ?? false, checks: [] },
    } as unknown as AskAnswer;
  }

  async result(planId: string, result: PermitResult): Promise<void> {
    this.results[planId] = result;
  }
}

/** A paper exchange behind a paper gate, which is as `told`. */
export class CcxtRig {
  readonly gate: PaperGate;
  readonly paper = new PaperExchange();
  readonly exchange: PaperExchange;

  constructor(options: GatedOptions = {}, told: Partial<PaperGate> = {}) {
    this.gate = Object.assign(new PaperGate(), told);
    this.exchange = gatedExchange(this.paper, this.gate, options);
  }
}
