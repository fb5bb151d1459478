/** US dollars at which every position is marked. */
export const MARK = 100;

/** The limits that the reference judges by; seconds as settings have them, the rest in US dollars and counts. */
export const LIMITS = {
  planAgeSec: 300,
  killScore: 0.8,
  cooldownSec: 10,
  perHour: 3,
  perFiveMinutes: 2,
  perMinute: 3,
  sameForSec: 30,
  positions: 4,
  perTradeUsd: 400,
  totalUsd: 1_000,
  knownForSec: 120,
  reservedForSec: 120,
} as const;

/** A plan as it was sent. */
export interface SentPlan {
  readonly planId: string;
  readonly symbol: string;
  readonly action: 'OPEN' | 'FULL_CLOSE' | 'HOLD';
  readonly qty: number;
  /** US dollars, never below the mark. */
  readonly price: number;
  readonly killScore: number;
  readonly sentMs: number;
}

/** What a judgment could see of the world around the governor when it read its facts. */
export interface Surroundings {
  readonly nowMs: number;
  readonly kill: boolean;
  readonly tradingState: string;
  readonly armed: boolean;
  /** When anything was last said about positions, Unix ms. */
  readonly toldMs: number;
  /** Units held, by symbol. */
  readonly positions: ReadonlyMap<string, number>;
  /** Plans whose reservation an answer freed. */
  readonly rejected: ReadonlySet<string>;
}

interface Room {
  readonly planId: string;
  readonly symbol: string;
  readonly usd: number;
  readonly fromUnits: number;
  /** How far the position has to grow until the order, and those before it, are in it. */
  readonly units: number;
  readonly throughUsd: number;
  readonly untilMs: number;
}

/** The governor as one would do it by hand: one plan after the other, everything in memory, no Redis and none of its code. */
export class SerialGovernor {
  readonly #had = new Set<string>();
  readonly #lastMs = new Map<string, number>();
  readonly #openedMs = new Map<string, readonly number[]>();
  readonly #sameMs = new Map<string, number>();
  #rooms: readonly Room[] = [];

  /** Judges a plan and remembers what was given: `PERMIT ok`, `BLOCK <reason>`, `DUPLICATE …` or `IGNORED …`. */
  judge(plan: SentPlan, around: Surroundings): string {
    if (plan.action === 'HOLD') return 'IGNORED neutral_action';
    if (this.#had.has(plan.planId)) return 'DUPLICATE already_permitted';
    this.#rooms = this.#rooms.filter(({ planId }) => !around.rejected.has(planId));
    const rooms = this.#rooms.filter((room) => takesRoom(room, around));
    const refusal = this.#refusal(plan, around, rooms);
    if (refusal !== undefined) return `BLOCK ${refusal}`;
    this.#had.add(plan.planId);
    this.#lastMs.set(plan.symbol, around.nowMs);
    if (plan.action === 'OPEN') this.#open(plan, around, rooms);
    return 'PERMIT ok';
  }

  #refusal(plan: SentPlan, around: Surroundings, rooms: readonly Room[]): string | undefined {
    const { nowMs, positions } = around;
    if (around.kill || around.tradingState === 'HALTED') return 'kill_switch_active';
    if (plan.action !== 'OPEN') return undefined;
    if (nowMs - plan.sentMs > LIMITS.planAgeSec * 1000) return 'plan_expired';
    if (around.tradingState !== 'ACTIVE') return 'reducing_only';
    if (!around.armed) return 'disarmed';
    if (plan.killScore >= LIMITS.killScore) return 'kill_score_critical';
    if (nowMs - (this.#lastMs.get(plan.symbol) ?? -Infinity) < LIMITS.cooldownSec * 1000) return 'symbol_cooldown';
    const opened = (withinMs: number) =>
      (this.#openedMs.get(plan.symbol) ?? []).filter((atMs) => nowMs - atMs < withinMs).length;
    if (opened(3_600_000) >= LIMITS.perHour) return 'hourly_limit_exceeded';
    if (opened(300_000) >= LIMITS.perFiveMinutes) return 'burst_limit_exceeded';
    const all = [...this.#openedMs.values()].flat().filter((atMs) => nowMs - atMs < 60_000);
    if (all.length >= LIMITS.perMinute) return 'permits_per_minute_exceeded';
    if (nowMs - (this.#sameMs.get(orderOf(plan)) ?? -Infinity) < LIMITS.sameForSec * 1000) return 'duplicate_order';
    const held = [...positions].filter(([, units]) => units > 0);
    const symbols = new Set([...held, ...rooms.map(({ symbol }) => [symbol] as const)].map(([symbol]) => symbol));
    if (symbols.size >= LIMITS.positions) return 'max_positions_reached';
    if (plan.qty * plan.price > LIMITS.perTradeUsd) return 'notional_per_trade_exceeded';
    const heldUsd = held.reduce((sum, [, units]) => sum + units * MARK, 0);
    const roomsUsd = rooms.reduce((sum, { usd }) => sum + usd, 0);
    const isFull = heldUsd >= LIMITS.totalUsd || heldUsd + roomsUsd + plan.qty * plan.price > LIMITS.totalUsd;
    if (isFull) return 'total_notional_exceeded';
    return nowMs - around.toldMs < LIMITS.knownForSec * 1000 ? undefined : 'caps_data_unavailable';
  }

  #open(plan: SentPlan, around: Surroundings, rooms: readonly Room[]): void {
    const { planId, symbol, qty, price } = plan;
    const { nowMs, positions } = around;
    const own = rooms.filter((room) => room.symbol === symbol).toSorted((a, b) => b.throughUsd - a.throughUsd);
    const room: Room = {
      planId,
      symbol,
      usd: qty * price,
      fromUnits: own[0]?.fromUnits ?? positions.get(symbol) ?? 0,
      units: qty + (own[0]?.units ?? 0),
      throughUsd: qty * price + (own[0]?.throughUsd ?? 0),
      untilMs: nowMs + LIMITS.reservedForSec * 1000,
    };
    this.#rooms = [...this.#rooms, room];
    this.#sameMs.set(orderOf(plan), nowMs);
    this.#openedMs.set(symbol, [...(this.#openedMs.get(symbol) ?? []), nowMs]);
  }
}

/** All plans of this world buy. */
function orderOf({ symbol, qty }: SentPlan): string {
  return `${symbol} ${qty}`;
}

function takesRoom({ symbol, fromUnits, units, untilMs }: Room, { nowMs, positions }: Surroundings): boolean {
  return nowMs < untilMs && (positions.get(symbol) ?? 0) - fromUnits < units;
}
