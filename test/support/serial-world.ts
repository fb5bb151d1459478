import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import { type Portfolio, portfolioOf } from '../../runtime/settings/portfolio.ts';
import { Judge } from './judge.ts';
import type { TestRedis } from './redis.ts';
import { LIMITS, MARK, type SentPlan, SerialGovernor, type Surroundings } from './serial-governor.ts';
import { entriesOf } from './system.ts';

const STARTED_MS = 1_700_000_000_000;
const ENV = {
  GOV_ENABLE_AUTO_DISARM: 'false',
  GOV_MAX_PLAN_AGE_SEC: String(LIMITS.planAgeSec),
  GOV_KILL_SCORE_CRITICAL: String(LIMITS.killScore),
  GOV_SYMBOL_COOLDOWN_SECONDS: String(LIMITS.cooldownSec),
  GOV_MAX_EXEC_PER_HOUR: String(LIMITS.perHour),
  GOV_MAX_EXEC_PER_5MIN: String(LIMITS.perFiveMinutes),
  GOV_MAX_PERMITS_PER_MINUTE: String(LIMITS.perMinute),
  GOV_DUPLICATE_SEC: String(LIMITS.sameForSec),
  GOV_MAX_OPEN_POSITIONS: String(LIMITS.positions),
  GOV_MAX_NOTIONAL_PER_TRADE_USDT: String(LIMITS.perTradeUsd),
  GOV_MAX_TOTAL_NOTIONAL_USDT: String(LIMITS.totalUsd),
  GOV_STATE_MAX_AGE_SEC: String(LIMITS.knownForSec),
  GOV_RESERVATION_TTL_SEC: String(LIMITS.reservedForSec),
};

let worlds = 0;

/** What could be seen when a batch was read, and whether one before it was not committed yet. */
interface Read {
  readonly around: Surroundings;
  readonly ahead: boolean;
}

type Changing = { -readonly [K in keyof Surroundings]: Surroundings[K] };

/** Two judges on one portfolio under a simulated clock, and beside them the reference, which judges in committed order. */
export class SerialWorld {
  readonly seen = new Map<string, number>();
  readonly #redis: Redis;
  readonly #portfolio: Portfolio;
  readonly #judges: readonly [Judge, Judge];
  /** Of the batches that a judge has not committed yet. */
  readonly #read: readonly [Read[], Read[]] = [[], []];
  readonly #reference = new SerialGovernor();
  readonly #sent = new Map<string, SentPlan>();
  readonly #now: Changing;
  #logged = 0;
  #sequence = 0;

  constructor({ client, url }: TestRedis) {
    worlds += 1;
    this.#redis = client;
    this.#portfolio = portfolioOf(`world-${worlds}`, { simulatedClock: true });
    this.#judges = [new Judge(url, this.#portfolio, 'w1', ENV), new Judge(url, this.#portfolio, 'w2', ENV)];
    const quiet = {
      kill: false,
      tradingState: 'ACTIVE',
      armed: true,
      positions: new Map(),
      rejected: new Set<string>(),
    };
    this.#now = { nowMs: STARTED_MS, toldMs: STARTED_MS, ...quiet };
  }

  /** Creates the group, and says that positions are known. */
  async start(): Promise<void> {
    await this.#redis.xgroup('CREATE', this.#key('stream:apply.plan'), 'governor', '0', 'MKSTREAM');
    await this.wait(0);
    await this.account();
  }

  /** Sends a plan, or one that was sent before again. */
  async send(order: Omit<SentPlan, 'planId' | 'sentMs'>, repeat: number): Promise<void> {
    const earlier = [...this.#sent.values()][repeat];
    const plan = { ...(earlier ?? { ...order, planId: `p${this.#sent.size}` }), sentMs: this.#now.nowMs };
    const { planId, symbol, action, qty, price, killScore } = plan;
    const figures = { qty: String(qty), price: String(price), kill_score: String(killScore) };
    const id = await this.#add('apply.plan', { plan_id: planId, symbol, action, side: 'BUY', ...figures });
    this.#sent.set(id, plan);
  }

  /** Lets so many seconds pass. */
  async wait(sec: number): Promise<void> {
    this.#now.nowMs += sec * 1000;
    await this.#redis.set(this.#key('portcullis:clock'), String(this.#now.nowMs));
  }

  /** Says of the account that it is there: whatever was reported of positions is known again. */
  async account(): Promise<void> {
    const timestamp = String(this.#now.nowMs);
    await this.#redis.hset(this.#key('state:portfolio'), { equity_usd: '9000', positions_count: '1', timestamp });
    this.#now.toldMs = this.#now.nowMs;
  }

  /** Reports the position of a symbol. */
  async report(symbol: string, units: number): Promise<void> {
    const position = {
      symbol,
      side: units === 0 ? 'FLAT' : 'LONG',
      position_qty: String(units),
      mark_price: `${MARK}`,
    };
    await this.#add('position.snapshot', { ...position, timestamp: String(this.#now.nowMs) });
    this.#now.positions = new Map(this.#now.positions).set(symbol, units);
    this.#now.toldMs = this.#now.nowMs;
  }

  /** Turns the kill switch, which every program may. */
  async kill(on: boolean): Promise<void> {
    await this.#redis.set(this.#key('kill'), on ? '1' : '0');
    this.#now.kill = on;
  }

  /** Writes the trading state without a new revision, which every program may. */
  async state(tradingState: string, armed: boolean): Promise<void> {
    await this.#redis.hset(this.#key('governor:state'), { trading_state: tradingState, armed: armed ? '1' : '0' });
    Object.assign(this.#now, { tradingState, armed });
  }

  /** What an answer of the executor does: it frees what the plan reserved, beside the governor's own commits. */
  async reject(at: number): Promise<void> {
    const reserved = await this.#redis.hkeys(this.#key('governor:reserved'));
    const planId = reserved.toSorted()[at % Math.max(1, reserved.length)];
    if (planId === undefined) return;
    await this.#redis.hdel(this.#key('governor:reserved'), planId);
    this.#now.rejected = new Set([...this.#now.rejected, planId]);
  }

  /** Lets a judge be given plans. */
  async deliver(who: 0 | 1, count: number): Promise<void> {
    await this.#judges[who].deliver(count);
  }

  /** Lets a judge take over what the other was given. */
  async claim(who: 0 | 1): Promise<void> {
    await this.#judges[who].claim();
  }

  /** Lets a judge die and start anew. */
  crash(who: 0 | 1): void {
    this.#judges[who].crash();
    this.#read[who].length = 0;
  }

  /** Lets a judge read and judge what it holds, or what came since as if the rest were committed. */
  async judge(who: 0 | 1): Promise<void> {
    const judged = await this.#judges[who].judge();
    if (judged === 'anew') this.#read[who].length = 0;
    if (judged !== 'nothing') this.#read[who].push({ around: { ...this.#now }, ahead: judged === 'ahead' });
  }

  /** Whatever was committed is what the reference says, on what could be seen when it was judged; and nothing is once a switch moved. */
  async commit(who: 0 | 1): Promise<void> {
    const { around, ahead = false } = this.#read[who].shift() ?? {};
    await this.#judges[who].commit();
    const log = await entriesOf(this.#redis, this.#key('stream:decisions'));
    const committed = log.slice(this.#logged).map(({ fields }) => fields);
    this.#logged = log.length;
    if (ahead) this.#saw(committed.length > 0 ? 'judged ahead' : 'judged ahead in vain');
    if (around === undefined || committed.length === 0) return expect(committed).toEqual([]);
    expect([around.kill, around.tradingState, around.armed]).toEqual(switches(this.#now));
    for (const { verdict, reason, source_id = '' } of committed) {
      const plan = this.#sent.get(source_id) as SentPlan;
      const answer = `${verdict} ${reason}`;
      expect(`${plan.planId} ${answer}`).toBe(`${plan.planId} ${this.#reference.judge(plan, around)}`);
      this.#saw(answer);
    }
  }

  /** One judge does what is left; then every plan has exactly one outcome, and every permit its key or its marker. */
  async settle(): Promise<void> {
    this.crash(1);
    await this.deliver(0, 1_000);
    for (let turn = 0; this.#logged < this.#sent.size && turn <= this.#sent.size; turn += 1) {
      await this.claim(0);
      await this.judge(0);
      await this.commit(0);
    }
    const log = await entriesOf(this.#redis, this.#key('stream:decisions'));
    expect(log.map(({ fields }) => fields.source_id).toSorted()).toEqual([...this.#sent.keys()].toSorted());
    const permitted = log.filter(({ fields }) => fields.verdict === 'PERMIT').map(({ fields }) => fields.plan_id);
    const markers = await this.#redis.keys(this.#key('governor:permitted:*'));
    expect(permitted.map((planId) => this.#key(`governor:permitted:${planId}`)).toSorted()).toEqual(markers.toSorted());
  }

  /** Closes the connections. */
  close(): void {
    for (const judge of this.#judges) judge.close();
  }

  #saw(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  #key(name: string): string {
    return this.#portfolio.key(name);
  }

  async #add(stream: string, fields: Readonly<Record<string, string>>): Promise<string> {
    this.#sequence += 1;
    const id = `${this.#now.nowMs}-${this.#sequence}`;
    return String(await this.#redis.xadd(this.#key(`stream:${stream}`), id, ...Object.entries(fields).flat()));
  }
}

function switches({ kill, tradingState, armed }: Surroundings) {
  return [kill, tradingState, armed];
}
