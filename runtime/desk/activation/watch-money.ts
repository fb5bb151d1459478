import type { Redis } from 'ioredis';
import { judgesOf } from '../../../handlers/contract/faces.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { type WatchConditions, watchConditions } from '../../../schemas/activation.ts';
import { type DecisionRecord, recorded } from '../../../schemas/decision.ts';
import { HeatSummary } from '../../../schemas/heat-facts.ts';
import { round10 } from '../../../schemas/number.ts';
import { RecordedCycle } from '../../../schemas/risk-governor.ts';
import { readerOf } from '../../engine/status/faces.ts';
import { ACTIVATION_LIMITS, type ActivationLimits } from '../../settings/activation-settings.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { TimeRange } from '../decisions/decision-export.ts';
import { keepsParts } from '../report/gate-report.ts';
import { type GateReport, report } from '../report/index.ts';
import { notPlayed, REPORT_RULES, storedMaterial } from '../report/stored.ts';
import type { WatchedMoney } from './conditions.ts';

/** Kept parts are valued at each so-many-th look, half a minute: it reads the decisions since the activation, and the prices. */
const VALUED_EVERY_LOOKS = 30;
/** A fall of equity that is as small as this is no ground to go back, whatever a calm month had. */
const LEAST_FALL = 0.01;

/** Follows what an activation costs while it is watched, decision by decision. */
export class WatchMoney {
  readonly #redis: Redis;
  readonly #portfolio: Portfolio;
  readonly #judge: AnyHandler;
  readonly #others: ReadonlyMap<string, ReturnType<typeof readerOf>>;
  #blockedCloses = 0;
  #peakUsd = 0;
  #fall: number | null = null;
  #keptPnlUsd: number | null = null;
  #looks = 0;
  #valuing: Promise<void> | undefined;

  /** `judge` is the handler that is watched, `handlers` are all there are. */
  constructor(redis: Redis, portfolio: Portfolio, judge: AnyHandler, handlers: readonly AnyHandler[]) {
    this.#redis = redis;
    this.#portfolio = portfolio;
    this.#judge = judge;
    const others = judgesOf(handlers).filter(({ gate }) => gate !== judge.gate);
    this.#others = new Map(others.map((other) => [other.name, readerOf(other)]));
  }

  /** Takes one decision of any handler in. */
  take(record: DecisionRecord): void {
    const reader = this.#others.get(record.handler);
    if (record.verdict === 'BLOCK' && reader?.(record).protective === 'changed') this.#blockedCloses += 1;
    const equityUsd = equityOf(record);
    if (equityUsd === undefined) return;
    this.#peakUsd = Math.max(this.#peakUsd, equityUsd);
    if (this.#peakUsd > 0) this.#fall = Math.max(this.#fall ?? 0, (this.#peakUsd - equityUsd) / this.#peakUsd);
  }

  /**
   * What it came to by now; kept parts as they were valued last. Nothing waits while they are valued, since other
   * conditions are looked at every second, but the last look of all: it throws where they cannot be valued.
   */
  async now(range: TimeRange, conditions: WatchConditions, isLast: boolean): Promise<WatchedMoney> {
    const isTurn = this.#looks % VALUED_EVERY_LOOKS === 0;
    this.#looks += 1;
    if (conditions.kept_loss_usd !== null && isLast) await this.#valuing?.catch(() => undefined);
    if (conditions.kept_loss_usd !== null && (isTurn || isLast)) {
      const valued = this.#value(range);
      if (isLast) await valued;
      else valued.catch(() => undefined);
    }
    return { blockedCloses: this.#blockedCloses, keptPnlUsd: this.#keptPnlUsd, drawdown: this.#fall };
  }

  #value(range: TimeRange): Promise<void> {
    this.#valuing ??= reportOf(this.#redis, this.#portfolio, this.#judge, range)
      .then((made) => {
        if (isHeat(made)) this.#keptPnlUsd = made.money.pnl_enforced_usd;
      })
      .finally(() => {
        this.#valuing = undefined;
      });
    return this.#valuing;
  }
}

/**
 * The conditions of an activation: those of every one, and of money what the limits say of the equity that it has. The
 * fall of equity that is allowed is no more than the report of the evidence says: its drawdown with the kept parts, and
 * what lies between its headline and the low end of its 95 % interval.
 */
export async function moneyConditions(
  redis: Redis,
  portfolio: Portfolio,
  judge: AnyHandler,
  range: TimeRange,
  limits: ActivationLimits = ACTIVATION_LIMITS,
): Promise<WatchConditions> {
  const most = limits.ACTIVATION_DRAWDOWN_PCT / 100;
  const conditions = { ...watchConditions, blocked_closes: limits.ACTIVATION_BLOCKED_CLOSES, drawdown: most };
  if (!keepsParts(judge)) return conditions;
  const made = await reportOf(redis, portfolio, judge, range);
  const equityUsd = isHeat(made) ? made.drawdown?.end_equity_without_usd : undefined;
  if (!isHeat(made) || equityUsd === undefined || !(equityUsd > 0)) return conditions;
  return {
    ...conditions,
    kept_loss_usd: round10((limits.ACTIVATION_KEPT_LOSS_PCT / 100) * equityUsd),
    drawdown: round10(Math.min(most, foreseenFall(made, equityUsd) ?? most)),
  };
}

type HeatReport = Extract<GateReport, { counterfactuals: unknown }>;

/** The deepest fall that the report of the evidence reckons with, 0 … 1; undefined where it does not say how sure it is. */
function foreseenFall({ drawdown, money, uncertainty }: HeatReport, equityUsd: number): number | undefined {
  const interval = uncertainty.direct.interval_usd;
  if (interval === null || drawdown === null || drawdown.max_drawdown_with === null) return undefined;
  const worseUsd = Math.max(0, money.pnl_usd - interval.low);
  return Math.max(LEAST_FALL, drawdown.max_drawdown_with + worseUsd / equityUsd);
}

function isHeat(made: GateReport): made is HeatReport {
  return 'counterfactuals' in made;
}

async function reportOf(redis: Redis, portfolio: Portfolio, judge: AnyHandler, range: TimeRange): Promise<GateReport> {
  return await report({
    ...storedMaterial(redis, portfolio),
    ...REPORT_RULES,
    judge,
    range,
    endsAtLast: false,
    portfolio: undefined,
    played: notPlayed(judge.gate),
    signal: new AbortController().signal,
  });
}

/** The equity that a decision was made at, US dollars. */
function equityOf({ facts }: DecisionRecord): number | undefined {
  return recorded(HeatSummary, facts)?.equity_usd ?? recorded(RecordedCycle, facts)?.equity_usd;
}
