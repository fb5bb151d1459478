import { isRiskUnknown } from '../../../handlers/common/book-risk/judged.ts';
import { unmetRiskNeeds } from '../../../handlers/common/book-risk/needs.ts';
import { isDataLost } from '../../../handlers/common/data-loss.ts';
import { isRuinDoubted, statedEquity } from '../../../handlers/common/equity.ts';
import { exposureOf } from '../../../handlers/common/exposure.ts';
import { type GovernorState, governorStateOf, killIsOn } from '../../../handlers/common/governor-state.ts';
import { type KnownExposure, knownExposure } from '../../../handlers/common/known-exposure.ts';
import { type LossFigures, lossFigures } from '../../../handlers/common/loss-limits/figures.ts';
import { pausedNow, streakReads } from '../../../handlers/common/loss-limits/streaks.ts';
import { reservationsAt, reservedNewSymbols } from '../../../handlers/common/reservations.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { computed, type HashFact, hash, type Scored, scores, text } from '../../../handlers/contract/reads.ts';
import { type GateFigures, judgeGates } from '../../../handlers/governor/gates.ts';
import { isStrict } from '../../../handlers/governor/ruling.ts';
import { countWithin } from '../../../handlers/governor/times.ts';
import type { LimitNow } from '../../../schemas/api/overview.ts';
import { DEFAULT_STRATEGY } from '../../../schemas/asker.ts';
import { HOUR_MS, MINUTE_MS } from '../../../schemas/duration.ts';
import { FIVE_MINUTES_MS, type GovernorSettings } from '../../../schemas/governor.ts';
import { type GovernorGate, testnetSkips } from '../../../schemas/governor-gates.ts';
import { keys } from '../../../schemas/keys.ts';
import { round10 } from '../../../schemas/number.ts';
import type { Look } from './look.ts';
import { type LossPause, pauseOf } from './loss-pause.ts';

const NEAR = 0.8;

const reads = {
  kill: text(keys.kill),
  state: hash(keys.governorState),
  portfolio: hash(keys.portfolioState),
  risk: hash(keys.riskState),
  ...streakReads,
  reserved: hash(keys.reserved),
  dataLost: hash(keys.dataLost),
  lossLatch: hash(keys.lossLatch),
  execs: scores(keys.execs),
  permitTimes: scores(keys.permitTimes),
  errors: scores(keys.governorErrors),
  exposure: computed(exposureOf),
};

/** The governor's switches, what it counts against its caps, and how much of each limit is used. */
export interface GovernorLook {
  readonly killOn: boolean;
  readonly state: GovernorState;
  /** What is stored of the state, who set it and why among it; empty without any. */
  readonly stored: Readonly<Record<string, string>>;
  readonly exposure: KnownExposure;
  readonly limits: readonly LimitNow[];
  /** Undefined where no loss limit is set. */
  readonly loss: LossFigures | undefined;
  /** Losses in a row that hold plans that open; undefined where none do. */
  readonly paused: LossPause | undefined;
  /** Symbols in which they do. */
  readonly pausedSymbols: readonly string[];
  /** What is stored of losses. */
  readonly lossLatch: HashFact;
  /** The settings that rest on a figure of the book's risk which is not known. */
  readonly riskNeeds: readonly string[];
  /** Unix ms by the clock of the portfolio. */
  readonly nowMs: number;
}

/** The busiest symbol within a span, and its permits. */
interface Busiest {
  readonly symbol: string | null;
  readonly count: number;
}

/** Reads what the governor would judge an OPEN plan by now, but for the plan itself. */
export async function lookAtGovernor(look: Look, governor: AnyHandler): Promise<GovernorLook> {
  const { facts, settings: found, mode, nowMs } = await look(governor, reads);
  const settings = found as GovernorSettings;
  const exposure = knownExposure(facts.exposure, facts.portfolio, settings, nowMs);
  const reservations = reservationsAt(facts.reserved, exposure.reportOf, nowMs);
  const state = governorStateOf(facts.state);
  const hour = facts.execs === null ? undefined : busiest(facts.execs, HOUR_MS, nowMs);
  const burst = facts.execs === null ? undefined : busiest(facts.execs, FIVE_MINUTES_MS, nowMs);
  const loss = lossFigures(facts, settings, nowMs);
  const figures: GateFigures = {
    killOn: killIsOn(facts.kill),
    state,
    symbol: '',
    strategy: DEFAULT_STRATEGY,
    strategyUnreadable: false,
    ageMs: 0,
    budget: undefined,
    killScore: undefined,
    sinceExecMs: undefined,
    lastExecReadable: true,
    execsHour: hour?.count,
    execs5Min: burst?.count,
    exposure,
    reservations,
    dataLost: isDataLost(facts.dataLost),
    riskUnknown: isRiskUnknown(facts.risk, settings, nowMs),
    equityDoubted: facts.portfolio.fields !== null && isRuinDoubted(statedEquity(facts.portfolio.fields)),
    reservationsReadable: !facts.reserved.wrongType && reservations.unreadable.length === 0,
    reservedNew: reservedNewSymbols(reservations.live, exposure.reportOf),
    planUsd: 0,
    limits: { permits_per_minute: { count: facts.permitTimes && countWithin(facts.permitTimes, MINUTE_MS, nowMs) } },
  };
  const limits = [
    ...usedOf(figures, { settings, strict: isStrict({ mode, settings }) }, { hour, burst }),
    errorsLimit(facts.errors ?? [], settings, nowMs),
  ];
  return {
    killOn: figures.killOn,
    state,
    stored: facts.state.fields ?? {},
    exposure,
    limits,
    loss,
    paused: pauseOf(facts, settings, nowMs),
    pausedSymbols: [...pausedNow(facts, settings, nowMs).symbols].sort(),
    lossLatch: facts.lossLatch,
    riskNeeds: unmetRiskNeeds(facts.risk, settings, nowMs),
    nowMs,
  };
}

type Shown = Pick<LimitNow, 'label' | 'unit'> & { readonly ofEachPlan?: true };

/** The limits that are figures, in the order in which they are judged. */
const SHOWN: ReadonlyMap<GovernorGate, Shown> = new Map([
  ['max_positions', { label: 'Open positions, reserved ones included', unit: 'count' }],
  ['total_notional', { label: 'Total notional, reservations included', unit: 'usd' }],
  ['hourly_limit', { label: 'Permits of the busiest symbol within an hour', unit: 'count' }],
  ['burst_limit', { label: 'Permits of the busiest symbol within 5 minutes', unit: 'count' }],
  ['permits_per_minute', { label: 'Permits of all symbols within a minute', unit: 'count' }],
  ['notional_per_trade', { label: 'Notional of one plan', unit: 'usd', ofEachPlan: true }],
  ['price_collar', { label: 'Price of one plan from the mark', unit: 'percent', ofEachPlan: true }],
  ['kill_score', { label: 'Kill score of one plan', unit: 'score', ofEachPlan: true }],
]);

function usedOf(
  figures: GateFigures,
  under: { readonly settings: GovernorSettings; readonly strict: boolean },
  busy: { readonly hour: Busiest | undefined; readonly burst: Busiest | undefined },
): LimitNow[] {
  const checks = new Map(judgeGates(figures, under).map(({ check }) => [check.gate, check]));
  const symbols: Partial<Record<GovernorGate, string | null>> = {
    hourly_limit: busy.hour?.symbol ?? null,
    burst_limit: busy.burst?.symbol ?? null,
  };
  return [...SHOWN].flatMap(([name, { label, unit, ofEachPlan }]) => {
    const check = checks.get(name);
    if (typeof check?.limit !== 'number') return [];
    const value = ofEachPlan === true || typeof check.value !== 'number' ? null : check.value;
    const applies = under.strict || !SKIPPED_IN_TESTNET.has(name);
    return [limitNow({ name, label, unit, value, limit: check.limit, applies, symbol: symbols[name] ?? null })];
  });
}

const SKIPPED_IN_TESTNET: ReadonlySet<GovernorGate> = new Set(
  testnetSkips.flatMap(({ check, verdict }) => (verdict === 'skipped' ? [check] : [])),
);

function errorsLimit(errors: readonly Scored[], settings: GovernorSettings, nowMs: number): LimitNow {
  return limitNow({
    name: 'evaluation_errors',
    label: 'Plans that could not be judged within 5 minutes: from the limit on it disarms itself',
    unit: 'count',
    value: countWithin(errors, FIVE_MINUTES_MS, nowMs),
    limit: settings.GOV_DISARM_ON_ERROR_COUNT,
    applies: settings.GOV_ENABLE_AUTO_DISARM,
    symbol: null,
  });
}

function limitNow(about: Omit<LimitNow, 'headroom' | 'state'>): LimitNow {
  const { value, limit } = about;
  if (value === null) return { ...about, headroom: null, state: 'unknown' };
  const state = value >= limit ? 'reached' : value >= limit * NEAR ? 'near' : 'ok';
  return { ...about, headroom: round10(limit - value), state };
}

/** Members are `symbol:source id`. */
function busiest(execs: readonly Scored[], spanMs: number, nowMs: number): Busiest {
  const counts = new Map<string, number>();
  let most: Busiest = { symbol: null, count: 0 };
  for (const { member, score } of execs) {
    if (nowMs - score >= spanMs) continue;
    const symbol = member.slice(0, member.indexOf(':'));
    const count = (counts.get(symbol) ?? 0) + 1;
    counts.set(symbol, count);
    if (count > most.count) most = { symbol, count };
  }
  return most;
}
