import { judgesOf } from '../../../handlers/contract/faces.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Overview, Problem } from '../../../schemas/api/overview.ts';
import { formatNumber, parseNumber } from '../../../schemas/number.ts';
import { timeOf } from '../../../schemas/time.ts';
import type { LaneStatus, Runtime } from '../../engine/status/types.ts';
import { handlerNamed, type Known } from '../../engine/streams/known.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type DifferenceLine, feedsStatus } from '../doctor/feed-status.ts';
import { riskOf } from '../risk/now.ts';
import { besideNow } from './beside.ts';
import { accountNow, heatNow, lookAtHeat, positionsNow } from './heat.ts';
import { limitProblems } from './limit-problems.ts';
import { lookAtGovernor } from './limits.ts';
import type { Look } from './look.ts';
import { lossNow } from './loss.ts';
import { type Checked, checkedProblems, heatProblems, laneProblems, tradingProblems, worstFirst } from './problems.ts';
import { gatesNow, killNow } from './switches.ts';

/** Checks that ask much of Redis are made again after so long, where nothing else is said. */
const CHECKED_EVERY_MS = 5_000;

/** What an overview is made of. */
interface OverviewDeps extends Checked {
  readonly look: Look;
  /** What the lanes of this process are doing. */
  readonly laneStates: () => readonly LaneStatus[];
  readonly checkedEveryMs: number;
}

interface Slow {
  readonly problems: readonly Problem[];
  readonly feeds: Overview['feeds'];
}

/**
 * Reads the overview of one portfolio. Cheap enough to be asked every second: figures over positions come from the
 * views that the process keeps anyway, and the doctor's checks are at most five seconds old. Not asked, it costs nothing.
 */
class OverviewReader {
  readonly #deps: OverviewDeps;
  readonly #heatGate: AnyHandler;
  readonly #governor: AnyHandler;
  #slow: Promise<Slow> | undefined;
  #slowUntilMs = 0;

  constructor(deps: OverviewDeps) {
    this.#deps = deps;
    this.#heatGate = handlerNamed(deps.handlers, 'heat-gate');
    this.#governor = handlerNamed(deps.handlers, 'governor');
  }

  /** The overview now. Rejects while Redis does not answer. */
  async read(): Promise<Overview> {
    const { look, redis, portfolio, laneStates } = this.#deps;
    const [heatLook, governor, gates] = await Promise.all([
      lookAtHeat(look, this.#heatGate),
      lookAtGovernor(look, this.#governor),
      gatesNow(redis, portfolio, this.#deps.handlers),
    ]);
    const [kill, slow, beside] = await Promise.all([
      killNow(redis, portfolio, governor.killOn),
      this.#checked(heatLook.nowMs),
      besideNow(redis, portfolio),
    ]);
    const { state, stored } = governor;
    const since = parseNumber(stored.since) ?? null;
    const heatMode = gates.find(({ gate }) => gate === 'heat-gate')?.mode ?? '';
    const risk = riskOf(heatLook.risk, heatLook.nowMs);
    const writtenMs = heatLook.state === undefined ? undefined : timeOf(heatLook.state);
    const lanes = laneStates().filter((lane) => lane.portfolio === portfolio.prefix);
    return {
      at: heatLook.nowMs / 1000,
      portfolio: portfolio.prefix,
      ...accountNow(heatLook, writtenMs),
      heat: heatNow(heatLook, heatMode),
      positions_known: governor.exposure.known,
      ...positionsNow(heatLook, governor.exposure.reportOf),
      trading_state: state.tradingState,
      armed: state.armed,
      trading: { actor: stored.actor ?? '', reason: stored.reason ?? '', since },
      kill,
      ...(risk.state !== 'none' && { risk }),
      ...lossNow(governor),
      ...beside,
      gates,
      deciding: judgesOf(this.#deps.handlers).map(({ gate }) => gate),
      limits: governor.limits,
      problems: worstFirst([
        ...tradingProblems(governor, kill, since),
        ...laneProblems(lanes),
        ...limitProblems(governor.limits, this.#governor.checks),
        ...heatProblems(heatLook, heatMode),
        ...slow.problems,
      ]),
      feeds: slow.feeds,
    };
  }

  async #checked(nowMs: number): Promise<Slow> {
    if (this.#slow === undefined || performance.now() >= this.#slowUntilMs) {
      this.#slowUntilMs = performance.now() + this.#deps.checkedEveryMs;
      this.#slow = this.#check(nowMs);
    }
    try {
      return await this.#slow;
    } catch (error) {
      this.#slow = undefined;
      throw error;
    }
  }

  async #check(nowMs: number): Promise<Slow> {
    const { redis, portfolio } = this.#deps;
    const [problems, { collected, differences }] = await Promise.all([
      checkedProblems(this.#deps, nowMs),
      feedsStatus(redis, portfolio, Math.floor(nowMs / 1000)),
    ]);
    return { problems: [...problems, ...differences.map(differenceProblem)], feeds: collected };
  }
}

function differenceProblem({ symbol, exchange_qty, other_qty, where, since }: DifferenceLine): Problem {
  const what = `${symbol}: the exchange has ${formatNumber(exchange_qty)}, ${where} says ${formatNumber(other_qty)}`;
  return {
    key: `difference ${symbol}`,
    severity: 'warning',
    what,
    do: 'Find the program that still writes that position, and stop it.',
    since,
  };
}

/** Reads the overview of any portfolio that a process serves; each has its own reader, from the first time it is asked for. */
export function overviewsOf(
  runtime: Runtime,
  known: Known,
  checkedEveryMs = CHECKED_EVERY_MS,
): (portfolio: Portfolio) => Promise<Overview> {
  const readers = new Map<string, OverviewReader>();
  return async (portfolio) => {
    const { handlers, environment, feeds } = known;
    const reader =
      readers.get(portfolio.prefix) ??
      new OverviewReader({
        redis: runtime.redisOf(portfolio),
        portfolio,
        handlers,
        environment,
        feeds,
        lanes: known.lanesOf(portfolio),
        look: (handler, reads) => runtime.look(portfolio, handler, reads),
        laneStates: () => runtime.lanes(),
        checkedEveryMs,
      });
    readers.set(portfolio.prefix, reader);
    return await reader.read();
  };
}
