import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { governorStateOf, killIsOn } from '../../../handlers/common/governor-state.ts';
import { KEY_GONE } from '../../../handlers/common/kill-report.ts';
import type { MetricSpec } from '../../../handlers/contract/handler.ts';
import { keys } from '../../../schemas/keys.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Ask, LookAnswer, Looks } from '../../redis/looks.ts';
import { isWrongType } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Metrics } from '../status/metrics.ts';
import { reportVanished, type SwitchesSeen } from './vanished.ts';

const EVERY_MS = 500;

/** Counted by every process that saw it there before. */
export const VANISHED: MetricSpec = {
  name: 'portcullis_state_vanished_total',
  type: 'counter',
  help: 'Kill switches turned on, trading states and policies that this process has seen, and that are gone',
  labels: ['what'],
  initial: ['kill_switch', 'trading_state', 'policy'].map((what) => ({ what })),
};

/** What a `SwitchWatch` works with. */
export interface SwitchWatchDeps {
  readonly redis: Redis;
  readonly looks: Looks;
  readonly portfolio: Portfolio;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/**
 * Remembers the kill switch and the trading state in this process, looks twice a second, and reports what is gone: after
 * FLUSHALL, or where Redis evicts, no key remembers that they were there.
 */
export class SwitchWatch {
  readonly #deps: SwitchWatchDeps;
  readonly #asks: readonly Ask[];
  /** What the switches were last seen in. */
  #answers: readonly LookAnswer[] | undefined;
  #seen: SwitchesSeen | undefined;
  #stop: (() => Promise<void>) | undefined;

  constructor(deps: SwitchWatchDeps) {
    this.#deps = deps;
    const { portfolio } = deps;
    this.#asks = [
      ['GET', portfolio.key(keys.kill)],
      ['HGETALL', portfolio.key(keys.governorState)],
    ];
  }

  /** Looks once. */
  async look(): Promise<void> {
    await this.#told(await this.#deps.looks.ask(this.#asks));
  }

  /** Looks twice a second from now on; a look that fails is made again, with what was seen before. */
  start(): void {
    const told = (answers: readonly LookAnswer[]) => this.#told(answers);
    this.#stop = this.#deps.looks.every(EVERY_MS, { asks: this.#asks, told });
  }

  /** Resolves once the look under way is finished. */
  async stop(): Promise<void> {
    await this.#stop?.();
  }

  async #told(answers: readonly LookAnswer[]): Promise<void> {
    if (answers === this.#answers) return;
    const now = storedIn(answers);
    const seen = this.#seen ?? now;
    const killGone = seen.killOn && now.killAbsent;
    const stateGone = seen.state !== undefined && now.state === undefined;
    if (killGone || stateGone) {
      const { redis, portfolio } = this.#deps;
      await reportVanished(redis, portfolio, { kill: killGone, ...(stateGone && { state: seen.state }) });
    }
    this.#seen = now;
    this.#answers = answers;
    if (killGone) this.#tell('kill_switch', keys.kill);
    if (stateGone) this.#tell('trading_state', keys.governorState);
  }

  #tell(what: string, name: string): void {
    const { metrics, log, portfolio } = this.#deps;
    metrics.apply([{ metric: VANISHED.name, labels: { what } }], portfolio.prefix);
    log.error(`${portfolio.key(name)}: ${KEY_GONE}`);
  }
}

/** A key of another type is on, or a state that nobody can read: both are there. */
function storedIn([killTold, stateTold]: readonly LookAnswer[]): SwitchesSeen {
  const kill = { ...killTold, wrongType: isOfOtherType(killTold) };
  const state = { ...stateTold, wrongType: isOfOtherType(stateTold) };
  const text = kill.wrongType ? null : (kill.value as string | null);
  const flat = state.wrongType ? [] : (state.value as string[]);
  const fields = flat.length === 0 ? null : fieldsOf(flat);
  const { rev, tradingState, armed } = governorStateOf({ fields, wrongType: state.wrongType });
  return {
    killOn: killIsOn({ text, wrongType: kill.wrongType }),
    killAbsent: text === null && !kill.wrongType,
    state: fields === null && !state.wrongType ? undefined : { rev, since: fields?.since ?? '', tradingState, armed },
  };
}

function isOfOtherType(told: LookAnswer | undefined): boolean {
  if (told === undefined) throw new Error('expected two answers');
  if (told.problem === '' || isWrongType(new Error(told.problem))) return told.problem !== '';
  throw new Error(told.problem);
}
