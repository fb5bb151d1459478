import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { type AnyHandler, every } from '../../../handlers/contract/handler.ts';
import type { Strategy } from '../../../schemas/strategy.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { type HostedRuntime, startRuntime } from '../../engine/host/runtime.ts';
import type { Runtime } from '../../engine/status/types.ts';
import type { LoadedSettings } from '../../settings/load.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { COLLECTOR_METRICS } from '../feeds/metrics.ts';
import { Account } from './account.ts';
import { type FundingRules, NOTHING_RECORDED } from './funded-book.ts';
import { Link } from './link.ts';
import type { Market } from './market.ts';
import { Player } from './player.ts';
import type { Stage } from './stage.ts';
import { type MakeTrader, ruleTrader } from './trader.ts';

/** What is played, on a portfolio with a simulated clock, and by which settings its gates judge. */
export interface PlaySpec {
  /** Makes a new connection, with `maxRetriesPerRequest: null`. */
  readonly connect: () => Redis;
  /** The player's own connection. */
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly market: Market;
  readonly strategy: Strategy;
  readonly stage: Stage;
  readonly handlers: readonly AnyHandler[];
  readonly settings: LoadedSettings;
  /** Makes who proposes; the rules of the strategy where there is none. */
  readonly trader?: MakeTrader;
  /** What positions pay for being held; nothing is recorded without it. */
  readonly funding?: FundingRules | undefined;
  /** Whether plans that are blocked are executed all the same. */
  readonly executesBlocked?: boolean | undefined;
  /** Starts the gates in place of the play's own, which end with it: whoever gives it stops them. */
  readonly gates?: (() => Promise<Runtime>) | undefined;
}

/** Running gates and the player before them. */
export interface OpenPlay {
  readonly player: Player;
  readonly link: Link;
  /** The handlers that wait for a tick in every hour. */
  readonly ticked: readonly string[];
  close(): Promise<void>;
}

/** Deletes every key of the portfolio but `spared`, starts gates on it, and sets the stage for the first hour. */
export async function openPlay(spec: PlaySpec, spared = ''): Promise<OpenPlay> {
  const { redis, portfolio, market, strategy, stage, funding = NOTHING_RECORDED, executesBlocked } = spec;
  let runtime: Runtime | undefined;
  const link = new Link(redis, portfolio, () => (runtime === undefined ? [] : problemsOf(runtime)));
  await link.wipe(spared);
  await link.setClock(market.closedAtMs(0));
  const running = await (spec.gates ?? (() => startGates(spec)))();
  runtime = running;
  const end = spec.gates === undefined ? () => running.stop() : async () => undefined;
  try {
    const account = new Account(strategy.start_equity_usd, strategy.fee_bps);
    const ticked = spec.handlers.filter(({ on }) => on.kind === 'every').map(({ name }) => name);
    const trader = (spec.trader ?? ruleTrader)({ market, strategy, account });
    const cast = { market, link, account, strategy, ticked, trader, funding, executesBlocked };
    const open = await stage.open(cast, running);
    const close = async () => {
      await open.close();
      await end();
    };
    return { player: new Player(cast, open), link, ticked, close };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The handlers that play on a stage. One that runs on a timer is ticked by the player, as those on schedules are (the clock is simulated), and tells of a limit that was reached in the summary, not in the log. */
export async function handlersOf({ handlers: names }: Stage): Promise<readonly AnyHandler[]> {
  const found = (await loadHandlers()).filter((handler) => names.includes(handler.name));
  const handlers = found.map((handler) => {
    const { on } = handler;
    return on.kind === 'watch' ? { ...handler, on: every(() => on.intervalMs), logLevel: () => 'fatal' } : handler;
  });
  if (handlers.length < names.length) throw new Error(`expected the handlers ${names.join(', ')}, got some of them`);
  return handlers;
}

/** Gates as a play has them: no schedules, and nothing beside them that tells anybody. With an empty name they take the next that is free. */
export async function startGates(
  spec: Pick<PlaySpec, 'connect' | 'portfolio' | 'handlers' | 'settings'>,
  workerName = spec.portfolio.prefix,
): Promise<HostedRuntime> {
  const { connect, portfolio, handlers, settings } = spec;
  return await startRuntime({
    connect,
    portfolios: [portfolio],
    handlers,
    found: handlers,
    settings,
    schedules: false,
    companions: [{ metrics: COLLECTOR_METRICS }],
    log: pino({ level: 'error' }, pino.destination(2)),
    ...(workerName !== '' && { workerName }),
  });
}

function problemsOf(runtime: Runtime): readonly string[] {
  return runtime.lanes().flatMap(({ handler, state, problem }) => {
    return problem === '' ? [] : [`${handler} is ${state}: ${problem}`];
  });
}
