import type { GovernorRig } from './governor-rig.ts';

/** US dollars of one unit, in every symbol. */
export const PRICE = 100;

/** A plan that was sent: how much it buys, and when what it reserved or bought was given back, Unix ms. */
export interface SentPlan {
  readonly planId: string;
  readonly symbol: string;
  readonly qty: number;
  /** Undefined where it names none. */
  readonly strategy: string | undefined;
  taken: boolean;
  filled: boolean;
  givenBackMs: number;
}

/** An order to send; where that one was sent, plan number `repeat` once more instead. */
interface SentOrder {
  readonly symbol: string;
  readonly qty: number;
  readonly repeat: number;
  readonly strategy?: string | undefined;
}

/** An executor and its exchange around a governor on a real Redis: takes permits, fills, answers and closes when told to. */
export class MarketDriver {
  readonly plans: SentPlan[] = [];
  /** How many plan entries were sent, repeats included. */
  sent = 0;
  readonly #rig: GovernorRig;
  readonly #held = new Map<string, number>();

  constructor(rig: GovernorRig) {
    this.#rig = rig;
  }

  /** Sends plans in one go; one in five is a repeat of an earlier one. */
  async send(orders: readonly SentOrder[]): Promise<void> {
    const pipeline = this.#rig.client.pipeline();
    for (const order of orders) {
      const earlier = this.plans[order.repeat];
      const { planId, symbol, qty, strategy } = earlier ?? this.#newPlan(order);
      const asks = { plan_id: planId, symbol, action: 'OPEN', side: 'BUY', qty: `${qty}`, price: `${PRICE}` };
      const fields = { ...asks, ...(strategy !== undefined && { strategy }) };
      pipeline.xadd('quantum:stream:apply.plan', '*', ...Object.entries(fields).flat());
      this.sent += 1;
    }
    await pipeline.exec();
  }

  /** Takes whatever permits there are, up to `count`. */
  async take(count: number): Promise<void> {
    let left = count;
    for (const plan of this.plans) {
      if (left === 0) return;
      if (plan.taken || (await this.#rig.client.getdel(`quantum:permit:${plan.planId}`)) === null) continue;
      plan.taken = true;
      left -= 1;
    }
  }

  /** Fills the oldest order under way. */
  async fill(): Promise<void> {
    const plan = this.#underWay();
    if (plan === undefined) return;
    plan.filled = true;
    await this.#report(plan.symbol, (this.#held.get(plan.symbol) ?? 0) + plan.qty);
  }

  /** Says that the oldest order under way was not executed. */
  async reject(): Promise<void> {
    const plan = this.#underWay();
    if (plan === undefined) return;
    const answer = { plan_id: plan.planId, symbol: plan.symbol, executed: 'False', error: 'margin' };
    plan.givenBackMs = msOf(
      await this.#rig.client.xadd('quantum:stream:apply.result', '*', ...Object.entries(answer).flat()),
    );
  }

  /** Learns from the governor's events which permits were taken back because nobody had taken them. */
  withdrawn(events: readonly { readonly id: string; readonly fields: Readonly<Record<string, string>> }[]): void {
    for (const { id, fields } of events) {
      const plan = this.plans.find(({ planId }) => fields.event === 'PERMIT_WITHDRAWN' && planId === fields.plan_id);
      if (plan !== undefined) plan.givenBackMs = Math.min(plan.givenBackMs, msOf(id));
    }
  }

  /** Closes a position, if there is one. */
  async close(symbol: string): Promise<void> {
    if ((this.#held.get(symbol) ?? 0) === 0) return;
    const atMs = await this.#report(symbol, 0);
    for (const plan of this.plans) {
      if (plan.symbol === symbol && plan.filled && plan.givenBackMs === Infinity) plan.givenBackMs = atMs;
    }
  }

  #newPlan({ symbol, qty, strategy }: SentOrder): SentPlan {
    const planId = `p${this.plans.length}`;
    const plan = { planId, symbol, qty, strategy, taken: false, filled: false, givenBackMs: Infinity };
    this.plans.push(plan);
    return plan;
  }

  #underWay(): SentPlan | undefined {
    return this.plans.find((plan) => plan.taken && !plan.filled && plan.givenBackMs === Infinity);
  }

  async #report(symbol: string, qty: number): Promise<number> {
    this.#held.set(symbol, qty);
    const entry = { symbol, side: qty === 0 ? 'FLAT' : 'LONG', position_qty: `${qty}`, mark_price: `${PRICE}` };
    return msOf(await this.#rig.client.xadd('quantum:stream:position.snapshot', '*', ...Object.entries(entry).flat()));
  }
}

function msOf(id: string | null): number {
  return Number.parseInt(id ?? '', 10);
}
