import type { WriteFields } from '../../../handlers/contract/effects.ts';
import { closeFraction } from '../../../schemas/action.ts';
import { streams } from '../../../schemas/keys.ts';
import type { Strategy } from '../../../schemas/strategy.ts';
import { toEpochSeconds } from '../../../schemas/time.ts';
import type { Fields } from '../../../schemas/wire.ts';
import type { Account, PriceOf } from './account.ts';
import type { DemoOrder, OrderEnd } from './broker.ts';
import { FundedBook, type PlayPayments } from './funded-book.ts';
import { entryOf, ticks } from './hour-entries.ts';
import { straightExit } from './hour-plans.ts';
import { type Indicators, indicatorsAt, warmUpHours } from './indicators.ts';
import type { Link, StreamWrite } from './link.ts';
import type { Market } from './market.ts';
import { KeptParts } from './softening.ts';
import type { OpenStage, PlayDeps } from './stage.ts';
import { closeQuantity, quantityFor } from './strategy.ts';
import { BUCKETS, type Stated, type Summary, Tally } from './summary.ts';
import type { ProposalCounts, Trader } from './trader.ts';
import * as wire from './wire.ts';

type Fill = Pick<Extract<OrderEnd, { filled: true }>, 'qty' | 'price'>;

/** What differs between entries and exits. */
interface Steps<P> {
  /** The entry of `apply.plan`. */
  fieldsOf(plan: P): WriteFields;
  /** The order of a plan with the quantity that its permit names; its own without a permit. */
  orderOf(plan: P, permittedQty: number | undefined): DemoOrder;
  /** Enters what was filled in the strategy's own book. */
  enter(plan: P, order: DemoOrder, fill: Fill): void;
}

/** Plays a market through running gates, an hour at a time. */
export class Player {
  readonly #market: Market;
  readonly #link: Link;
  readonly #account: Account;
  readonly #strategy: Strategy;
  readonly #warmUpHours: number;
  readonly #ticked: readonly string[];
  readonly #stage: OpenStage;
  readonly #trader: Trader;
  readonly #book: FundedBook;
  readonly #kept: KeptParts;
  readonly #tally = new Tally();
  readonly #executesBlocked: boolean;
  #lastHour = 0;

  /** What the stage's broker fills is entered in the account of the play. */
  constructor({ market, link, account, strategy, ticked, trader, funding, ...more }: PlayDeps, stage: OpenStage) {
    this.#market = market;
    this.#link = link;
    this.#account = account;
    this.#strategy = strategy;
    this.#warmUpHours = warmUpHours(strategy);
    this.#ticked = ticked;
    this.#stage = stage;
    this.#trader = trader;
    this.#book = new FundedBook(market, account, funding);
    this.#kept = new KeptParts(this.#book);
    this.#executesBlocked = more.executesBlocked ?? false;
  }

  /** Plays one hour to its end: everything that was written in it is judged, and what was permitted is filled. */
  async playHour(hour: number): Promise<void> {
    const nowMs = this.#market.closedAtMs(hour);
    this.#lastHour = hour;
    this.#kept.settleDue(hour, this.#priceAt(hour));
    await this.#link.setClock(nowMs);
    if (hour === this.#warmUpHours) await this.#openCoreBook(hour);
    for (const { symbol, qty } of this.#trader.held?.(hour) ?? []) await this.#buyByHand(symbol, qty, hour);
    const asked = await this.#trader.exits(hour);
    const exits = asked.filter(({ straightQty }) => straightQty === undefined);
    await this.#stage.broker.hourBegins(hour);
    const proposals = exits.map((exit) => entryOf(streams.proposals, wire.proposalFields(exit, nowMs)));
    await this.#link.judged([...ticks(this.#ticked, hour, nowMs), ...proposals]);
    // No gate may be an hour behind another.
    if (exits.length > 0) await this.#link.caughtUp(streams.heatDecisions);
    await this.#record(hour);
    const straight = asked.flatMap((exit) => straightExit(exit) ?? []);
    await this.#executeExits([...(await this.#calibrated(exits)), ...straight], hour);
    await this.#executeEntries(hour);
  }

  /** What each symbol has gained by the last hour that was played, less recorded funding, US dollars. */
  gainsUsd(): Readonly<Record<string, number>> {
    return this.#book.gainsUsd(this.#lastHour);
  }

  /** The equity at the close of the last hour that was played, less recorded funding, US dollars. */
  equityUsd(): number {
    return this.#book.equityUsd(this.#lastHour);
  }

  /** The funding of every position, up to the last hour that was played. */
  payments(): PlayPayments {
    return this.#book.payments(this.#lastHour);
  }

  /** How many proposals there were, where a strategy of the user's made them. */
  proposals(): ProposalCounts | undefined {
    return this.#trader.proposals();
  }

  /** The summary after the last hour that was played. */
  summary(stated: Omit<Stated, 'symbols' | 'exchange'>): Summary {
    const softening = this.#kept.finish(this.#priceAt(this.#lastHour), this.#lastHour);
    const funding = this.#book.sum(this.#lastHour);
    const exchange = this.#stage.exchange();
    const all = { symbols: this.#market.symbols, ...stated, ...(exchange !== undefined && { exchange }) };
    return this.#tally.summary(all, this.#strategy.start_equity_usd, { softening, funding });
  }

  /** The core book is bought by hand. */
  async #openCoreBook(hour: number): Promise<void> {
    for (const [symbol, share] of Object.entries(this.#strategy.core_shares)) {
      const notionalUsd = Math.abs(share) * this.#strategy.start_equity_usd;
      const qty = Math.sign(share) * quantityFor(notionalUsd, this.#market.close(symbol, hour));
      await this.#buyByHand(symbol, qty, hour);
    }
  }

  /** Without a plan: the gates find it in the portfolio. */
  async #buyByHand(symbol: string, qty: number, hour: number): Promise<void> {
    const order = { planId: `core-${symbol}`, symbol, qty, reduceOnly: false };
    const end = await this.#stage.broker.trade(order, hour);
    if (!end.filled) throw new Error(`expected ${symbol} to be bought for the core book, got ${end.error}`);
    this.#opened(order, end, hour, { entrySigmaDaily: this.#known(symbol, hour)?.sigmaDaily ?? 0, core: true });
  }

  #opened(order: DemoOrder, fill: Fill, hour: number, notes: { entrySigmaDaily: number; core: boolean }): void {
    const qty = Math.sign(order.qty) * fill.qty;
    this.#account.open({ symbol: order.symbol, qty, entryPrice: fill.price, openedHour: hour, ...notes });
  }

  async #record(hour: number): Promise<void> {
    if (hour < this.#warmUpHours) return this.#tally.addWarmUpHour();
    const nowMs = this.#market.closedAtMs(hour);
    const timestamp = toEpochSeconds(nowMs);
    const at = new Date(nowMs).toISOString();
    const published = await this.#link.heat();
    const bucket = BUCKETS.find((name) => name === published?.bucket);
    if (published === undefined || bucket === undefined || published.timestamp !== timestamp) {
      throw new Error(`expected the heat of ${at}, got ${JSON.stringify(published ?? 'none')}`);
    }
    const budgets = await this.#link.budgets(this.#market.symbols, timestamp);
    const violations = await this.#link.writtenNow(streams.violations);
    const equityUsd = this.#account.equityUsd(this.#priceAt(hour));
    const record = { at, heat: published.heat, bucket, equity_usd: equityUsd, budgets_usd: budgets };
    this.#tally.addHour(record, violations.length, this.equityUsd());
    await this.#stage.hourJudged(hour, published.heat);
  }

  /** What is to be executed of each exit: what the heat gate says where it is in enforce, else the original. */
  async #calibrated(exits: readonly wire.Exit[]): Promise<readonly wire.ExecutedExit[]> {
    if (exits.length === 0) return [];
    const calibrated = new Map(
      (await this.#link.writtenNow(streams.calibrated)).map((fields) => [fields.plan_id ?? '', fields] as const),
    );
    return exits.map((exit) => this.#calibratedExit(exit, calibrated.get(exit.planId)));
  }

  #calibratedExit(exit: wire.Exit, calibrated: Fields | undefined): wire.ExecutedExit {
    const { original_action: original, calibrated_action: action, reason, mode } = calibrated ?? {};
    if (original === undefined || action === undefined || reason === undefined) {
      throw new Error(`expected a calibrated entry of plan ${exit.planId}, got none`);
    }
    const [proposed, closes] = [closeFraction(original) ?? 0, closeFraction(action) ?? 0];
    const isSoftened = closes < proposed;
    this.#tally.addExit({ rule: exit.reason, reason, softenedTo: isSoftened ? action : undefined });
    if (mode === 'enforce') {
      return { ...exit, action, closedQty: closeQuantity(this.#strategy, exit.qty, closes, exit.price) };
    }
    if (proposed === 1) this.#kept.settle(exit.symbol, exit.price, this.#lastHour);
    if (isSoftened) {
      const { symbol, qty, price } = exit;
      this.#kept.keep({ symbol, qty: qty * (proposed - closes), price, hour: this.#lastHour });
    }
    const whole = Math.abs(exit.qty);
    const closedQty = proposed === 1 ? whole : closeQuantity(this.#strategy, exit.qty, proposed, exit.price);
    return { ...exit, action: original, closedQty };
  }

  async #executeExits(exits: readonly wire.ExecutedExit[], hour: number): Promise<void> {
    const nowMs = this.#market.closedAtMs(hour);
    await this.#execute('exit', exits, hour, {
      fieldsOf: (exit) => wire.exitPlanFields(exit, nowMs),
      orderOf: ({ planId, symbol, qty, closedQty }, permitted = closedQty) => {
        return { planId, symbol, qty: -Math.sign(qty) * permitted, reduceOnly: true };
      },
      enter: (_exit, { symbol }, fill) => this.#book.reduce(symbol, fill.qty, hour, fill.price),
    });
  }

  async #executeEntries(hour: number): Promise<void> {
    const nowMs = this.#market.closedAtMs(hour);
    await this.#execute('entry', this.#trader.entries(hour), hour, {
      fieldsOf: (entry) => wire.entryPlanFields(entry, nowMs),
      orderOf: ({ planId, symbol, side, qty }, permitted = qty) => {
        return { planId, symbol, qty: side === 'BUY' ? permitted : -permitted, reduceOnly: false };
      },
      enter: (entry, order, fill) => {
        this.#opened(order, fill, hour, { entrySigmaDaily: entry.sigmaDaily, core: false });
      },
    });
  }

  /** Asks the governor, trades what it permits (and what it does not, where that is played), and reports results and positions. */
  async #execute<P extends { planId: string; symbol: string }>(
    kind: 'entry' | 'exit',
    plans: readonly P[],
    hour: number,
    steps: Steps<P>,
  ): Promise<void> {
    if (plans.length === 0) return;
    const nowMs = this.#market.closedAtMs(hour);
    await this.#link.judged(plans.map((plan) => entryOf(streams.plans, steps.fieldsOf(plan))));
    const verdicts = await this.#link.takeVerdicts(plans.map(({ planId }) => planId));
    const results: StreamWrite[] = [];
    const symbols: string[] = [];
    for (const [at, plan] of plans.entries()) {
      const verdict = verdicts[at];
      if (verdict === undefined) throw new Error(`expected a verdict on plan ${plan.planId}, got none`);
      this.#tally.addPlan({ kind, blockedBy: verdict.permitted ? undefined : verdict.reason });
      if (!verdict.permitted && !this.#executesBlocked) continue;
      const order = steps.orderOf(plan, verdict.permitted ? verdict.qty : undefined);
      const end = await this.#stage.broker.trade(order, hour);
      if (end.filled) {
        steps.enter(plan, order, end);
        symbols.push(plan.symbol);
      }
      // Of what was not permitted no executor would tell: the gates find it in the portfolio.
      if (verdict.permitted)
        results.push(entryOf(streams.results, wire.resultFields(plan, end.filled ? '' : end.error, nowMs)));
    }
    await this.#stage.broker.traded(symbols, hour);
    await this.#link.judged(results);
  }

  #known(symbol: string, hour: number): Indicators | undefined {
    return indicatorsAt(this.#market, symbol, hour, this.#strategy);
  }

  #priceAt(hour: number): PriceOf {
    return (symbol) => this.#market.close(symbol, hour);
  }
}
