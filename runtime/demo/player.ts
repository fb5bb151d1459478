import { closeFraction } from '../../schemas/action.ts';
import { families, keys, streams } from '../../schemas/keys.ts';
import { toEpochSeconds } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import { Account, type PriceOf } from './account.ts';
import { dueExits, newEntries } from './hour-plans.ts';
import { type Indicators, indicatorsAt, WINDOW_HOURS } from './indicators.ts';
import type { HashWrite, Link, StreamWrite } from './link.ts';
import type { Market } from './market.ts';
import { KeptParts } from './softening.ts';
import { CORE_BOOK, quantityFor, RULES, START_EQUITY_USD } from './strategy.ts';
import { BUCKETS, type Stated, type Summary, Tally } from './summary.ts';
import * as wire from './wire.ts';

const TICKED = ['heat-monitor', 'risk-governor'] as const;

/** Plays a market through running gates, an hour at a time. */
export class Player {
  readonly #market: Market;
  readonly #link: Link;
  readonly #account = new Account(START_EQUITY_USD);
  readonly #kept = new KeptParts();
  readonly #tally = new Tally();
  #lastHour = 0;

  constructor(market: Market, link: Link) {
    this.#market = market;
    this.#link = link;
  }

  /** Plays one hour to its end: everything that was written in it is judged, and what was permitted is filled. */
  async playHour(hour: number): Promise<void> {
    const nowMs = this.#market.closedAtMs(hour);
    this.#lastHour = hour;
    if (hour === WINDOW_HOURS) this.#openCoreBook(hour);
    const exits = dueExits(this.#account, this.#priceAt(hour), hour);
    await this.#link.setClock(nowMs);
    await this.#publish(this.#market.symbols, this.#held(), hour);
    const proposals = exits.map((exit) => entryOf(streams.proposals, wire.proposalFields(exit, nowMs)));
    await this.#link.judged([...ticks(hour, nowMs), ...proposals]);
    if (exits.length > 0) await this.#link.bridged();
    await this.#record(hour);
    await this.#compareExits(exits);
    await this.#executeExits(exits, hour);
    await this.#executeEntries(hour);
  }

  /** The summary after the last hour that was played. */
  summary(stated: Omit<Stated, 'symbols'>): Summary {
    const softening = this.#kept.finish(this.#priceAt(this.#lastHour));
    return this.#tally.summary({ symbols: this.#market.symbols, ...stated }, START_EQUITY_USD, softening);
  }

  #openCoreBook(hour: number): void {
    for (const [symbol, direction] of Object.entries(CORE_BOOK)) {
      const entryPrice = this.#market.close(symbol, hour);
      const qty = direction * quantityFor(RULES.coreShare * START_EQUITY_USD, entryPrice);
      const entrySigmaDaily = this.#known(symbol, hour)?.sigmaDaily ?? 0;
      this.#account.open({ symbol, qty, entryPrice, entrySigmaDaily, openedHour: hour, core: true });
    }
  }

  /** Publishes marks, the portfolio state, a position hash of every symbol, and snapshots of these. */
  async #publish(marked: readonly string[], snapshots: readonly string[], hour: number): Promise<void> {
    const nowMs = this.#market.closedAtMs(hour);
    const priceOf = this.#priceAt(hour);
    const hashes: HashWrite[] = [
      { key: keys.portfolioState, fields: wire.portfolioFields(this.#account, priceOf, nowMs) },
    ];
    for (const symbol of marked) {
      const price = priceOf(symbol);
      const position = this.#account.get(symbol);
      hashes.push(
        { key: `${families.market}:${symbol}`, fields: wire.marketFields(price, this.#known(symbol, hour), nowMs) },
        { key: `${families.positionSnapshot}:${symbol}`, fields: wire.positionFields(symbol, position, price, nowMs) },
      );
    }
    const entries = snapshots.map((symbol) =>
      entryOf(streams.snapshots, wire.snapshotFields(symbol, this.#account.get(symbol), priceOf(symbol), nowMs)),
    );
    await this.#link.publish(hashes, entries);
  }

  async #record(hour: number): Promise<void> {
    if (hour < WINDOW_HOURS) return this.#tally.addWarmUpHour();
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
    this.#tally.addHour(record, violations.length);
  }

  async #compareExits(exits: readonly wire.Exit[]): Promise<void> {
    if (exits.length === 0) return;
    const calibrated = new Map(
      (await this.#link.writtenNow(streams.calibrated)).map((fields) => [fields.plan_id ?? '', fields] as const),
    );
    for (const exit of exits) this.#compareExit(exit, calibrated.get(exit.planId));
  }

  #compareExit(exit: wire.Exit, calibrated: Fields | undefined): void {
    const { original_action: original, calibrated_action: action, reason } = calibrated ?? {};
    if (original === undefined || action === undefined || reason === undefined) {
      throw new Error(`expected a calibrated entry of plan ${exit.planId}, got none`);
    }
    const keptShare = (closeFraction(original) ?? 0) - (closeFraction(action) ?? 0);
    this.#kept.settle(exit.symbol, exit.price);
    if (keptShare > 0) this.#kept.keep({ symbol: exit.symbol, qty: exit.qty * keptShare, price: exit.price });
    this.#tally.addExit({ rule: exit.reason, reason, softenedTo: keptShare > 0 ? action : undefined });
  }

  async #executeExits(exits: readonly wire.Exit[], hour: number): Promise<void> {
    const nowMs = this.#market.closedAtMs(hour);
    const fields = exits.map((exit) => wire.exitPlanFields(exit, nowMs));
    await this.#execute('exit', exits, fields, hour, (exit, qty) => {
      this.#account.reduce(exit.symbol, qty, exit.price);
    });
  }

  async #executeEntries(hour: number): Promise<void> {
    const nowMs = this.#market.closedAtMs(hour);
    const entries = newEntries(this.#market, this.#account, hour);
    const fields = entries.map((entry) => wire.entryPlanFields(entry, nowMs));
    await this.#execute('entry', entries, fields, hour, (entry, qty) => {
      this.#account.open({
        symbol: entry.symbol,
        qty: entry.side === 'BUY' ? qty : -qty,
        entryPrice: entry.price,
        entrySigmaDaily: entry.sigmaDaily,
        openedHour: hour,
        core: false,
      });
    });
  }

  /** Asks the governor, fills what it permits, and reports results and positions. */
  async #execute<P extends { planId: string; symbol: string }>(
    kind: 'entry' | 'exit',
    plans: readonly P[],
    fields: readonly Fields[],
    hour: number,
    fill: (plan: P, qty: number) => void,
  ): Promise<void> {
    if (plans.length === 0) return;
    await this.#link.judged(fields.map((plan) => entryOf(streams.plans, plan)));
    const verdicts = await this.#link.takeVerdicts(plans.map(({ planId }) => planId));
    const filled: P[] = [];
    for (const [at, plan] of plans.entries()) {
      const verdict = verdicts[at];
      if (verdict === undefined) throw new Error(`expected a verdict on plan ${plan.planId}, got none`);
      this.#tally.addPlan({ kind, blockedBy: verdict.permitted ? undefined : verdict.reason });
      if (!verdict.permitted) continue;
      fill(plan, verdict.qty);
      filled.push(plan);
    }
    const symbols = filled.map(({ symbol }) => symbol);
    await this.#publish(symbols, symbols, hour);
    const nowMs = this.#market.closedAtMs(hour);
    await this.#link.judged(filled.map((plan) => entryOf(streams.results, wire.resultFields(plan, nowMs))));
  }

  #held(): readonly string[] {
    return this.#account.positions().map(({ symbol }) => symbol);
  }

  #known(symbol: string, hour: number): Indicators | undefined {
    return indicatorsAt(this.#market, symbol, hour);
  }

  #priceAt(hour: number): PriceOf {
    return (symbol) => this.#market.close(symbol, hour);
  }
}

function ticks(hour: number, nowMs: number): readonly StreamWrite[] {
  return TICKED.map((handler) => ({
    stream: `tick.${handler}`,
    fields: { tick_id: `${handler}-${hour}`, scheduled_ms: String(nowMs) },
  }));
}

function entryOf(stream: string, fields: StreamWrite['fields']): StreamWrite {
  return { stream, fields };
}
