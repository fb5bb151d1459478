import { HOUR_MS } from '../../schemas/duration.ts';
import { FIVE_MINUTES_MS, type GovernorSettings, governorModes, tradingStates } from '../../schemas/governor.ts';
import { keys } from '../../schemas/keys.ts';
import { isDataLost } from '../common/data-loss.ts';
import { governorStateOf, killIsOn } from '../common/governor-state.ts';
import { isLossNear, lossFigures } from '../common/loss-limits/figures.ts';
import { isStreakNear } from '../common/loss-limits/streak-warning.ts';
import { pausedNow, streakReads } from '../common/loss-limits/streaks.ts';
import type { Count } from '../contract/effects.ts';
import { type ObserverCtx, observer } from '../contract/handler.ts';
import { type FactsOf, hash, type Scored, scores, text } from '../contract/reads.ts';
import { startLines } from './lines.ts';
import { countWithin } from './times.ts';

const observed = {
  execs: scores(keys.execs),
  kill: text(keys.kill),
  state: hash(keys.governorState),
  dataLost: hash(keys.dataLost),
  lossLatch: hash(keys.lossLatch),
  portfolio: hash(keys.portfolioState),
  ...streakReads,
};

/** The governor's gauges (rates by symbol, kill switch, trading state, mode) and the lines of the start (contract §4). */
export const governorObserver = observer<GovernorSettings, typeof observed>({
  reads: () => observed,
  gauges: (ctx) => [...switchGauges(ctx), ...lossGauges(ctx), ...execGauges(ctx.facts.execs ?? [], ctx.nowMs)],
  startLines: (ctx) => startLines(ctx.settings),
});

function switchGauges({ facts, mode }: ObserverCtx<GovernorSettings, FactsOf<typeof observed>>): readonly Count[] {
  const { armed, tradingState } = governorStateOf(facts.state);
  return [
    { metric: 'quantum_govern_kill_switch', set: killIsOn(facts.kill) ? 1 : 0 },
    { metric: 'quantum_govern_data_lost', set: isDataLost(facts.dataLost) ? 1 : 0 },
    { metric: 'quantum_govern_armed', set: armed ? 1 : 0 },
    ...oneHot('quantum_govern_trading_state', 'state', tradingStates, tradingState),
    ...oneHot('quantum_govern_mode', 'mode', governorModes, mode),
  ];
}

function lossGauges({
  facts,
  settings,
  nowMs,
}: ObserverCtx<GovernorSettings, FactsOf<typeof observed>>): readonly Count[] {
  const losses = lossFigures(facts, settings, nowMs);
  const isPaused = pausedNow(facts, settings, nowMs).all !== undefined;
  const isHeld = isPaused || (losses !== undefined && Object.keys(losses.tripped).length > 0);
  const isNear = (losses !== undefined && isLossNear(losses, settings)) || isStreakNear(facts, settings, nowMs);
  return [
    { metric: 'quantum_govern_loss_latched', set: isHeld ? 1 : 0 },
    { metric: 'quantum_govern_loss_near', set: isNear ? 1 : 0 },
  ];
}

function oneHot(metric: string, label: string, values: readonly string[], now: string): readonly Count[] {
  return values.map((value) => ({ metric, labels: { [label]: value }, set: value === now ? 1 : 0 }));
}

/** Members are `symbol:source id`; a symbol stays long enough to be seen at 0. */
function execGauges(execs: readonly Scored[], nowMs: number): readonly Count[] {
  const bySymbol = new Map<string, Scored[]>();
  for (const exec of execs) {
    const symbol = exec.member.slice(0, exec.member.indexOf(':'));
    const own = bySymbol.get(symbol);
    if (own === undefined) bySymbol.set(symbol, [exec]);
    else own.push(exec);
  }
  return [...bySymbol].flatMap(([symbol, times]) => [
    { metric: 'quantum_govern_exec_count_hour', labels: { symbol }, set: countWithin(times, HOUR_MS, nowMs) },
    { metric: 'quantum_govern_exec_count_5min', labels: { symbol }, set: countWithin(times, FIVE_MINUTES_MS, nowMs) },
  ]);
}
