import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { decisionRecord } from '../../../schemas/decision.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { idBefore } from '../../engine/lane/recovery.ts';
import { readInForce } from '../../engine/policy/in-force.ts';
import type { LaneRef } from '../../engine/streams/lanes.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { runScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { decisionsAfter } from '../decisions/decision-export.ts';
import { breachOf, type HeldLane, type WatchedMoney } from './conditions.ts';
import { type EndedActivation, endActivation } from './end.ts';
import { deadLettersSince, evidenceLog, longestWaitMs } from './evidence.ts';
import type { ActivatedGate, Gates } from './gates.ts';
import type { EvidenceLog, LogEvidence } from './log-evidence.ts';
import { type GateActivation, readActivation } from './record.ts';
import { LOOKED } from './scripts.ts';
import { WatchMoney } from './watch-money.ts';

/** Who rolls back in the ledger when no operator does. */
const ACTOR = 'activation-watch';

/** A watch at which nobody looked for so long has no worker that looks. */
export const UNLOOKED_MS = 5_000;

interface Seen {
  readonly id: string;
  readonly log: EvidenceLog;
  readonly money: WatchMoney;
  /** Id of the newest entry of the decision log that was looked at. */
  lastId: string;
}

/** Looks at the activation of one gate while it is under watch, and ends that when it is over or a condition does not hold. */
export class ActivationLooks {
  readonly #redis: Redis;
  readonly #portfolio: Portfolio;
  readonly #gate: ActivatedGate;
  readonly #lanes: readonly LaneRef[];
  readonly #handlers: readonly AnyHandler[];
  #seen: Seen | undefined;

  /** `lanes` are those of the gate, `handlers` all there are. */
  constructor(
    redis: Redis,
    portfolio: Portfolio,
    gate: ActivatedGate,
    { lanes, handlers }: Pick<Gates, 'lanes' | 'handlers'>,
  ) {
    this.#redis = redis;
    this.#portfolio = portfolio;
    this.#gate = gate;
    this.#lanes = lanes;
    this.#handlers = handlers;
  }

  /** Looks once; answers how the watch ended where it ended with this look. `held` is a lane that is held in this worker. */
  async look(held?: HeldLane): Promise<EndedActivation | undefined> {
    const activation = await readActivation(this.#redis, this.#portfolio, this.#gate.gate);
    if (activation?.state !== 'watching') {
      this.#seen = undefined;
      return undefined;
    }
    const nowMs = await redisNowMs(this.#redis);
    const endMs = Math.min(nowMs, activation.until_ms);
    const { log, money } = await this.#read(activation, endMs);
    const seen = log.result();
    const range = { fromMs: activation.started_ms, toMs: endMs };
    const cost = await money.now(range, activation.conditions, nowMs >= activation.until_ms);
    const end = await this.#endOf(activation, { log: seen, money: cost }, nowMs, held);
    const { decisions } = seen.figures;
    if (end === undefined) return await this.#goOn(activation, decisions);
    const { state, reason } = end;
    const change = { actor: ACTOR, reason };
    return await endActivation(this.#redis, this.#portfolio, this.#gate, {
      id: activation.id,
      state,
      change,
      decisions,
    });
  }

  async #endOf(
    { to, started_ms, until_ms, conditions, changed_share }: GateActivation,
    { log, money }: { readonly log: LogEvidence; readonly money: WatchedMoney },
    nowMs: number,
    held: HeldLane | undefined,
  ): Promise<{ readonly state: 'kept' | 'rolled_back'; readonly reason: string } | undefined> {
    const { mode } = (await readInForce(this.#redis, this.#portfolio, this.#gate.gate)).fields;
    if (mode !== to) return { state: 'kept', reason: '' };
    const deadLetters = await deadLettersSince(this.#redis, this.#lanes, started_ms);
    const waitingMs = await longestWaitMs(this.#redis, this.#lanes);
    const breach = breachOf({ log, deadLetters, waitingMs, held, money }, conditions, changed_share);
    if (breach !== undefined) return { state: 'rolled_back', reason: breach };
    if (nowMs < until_ms) return undefined;
    return { state: 'kept', reason: `${log.figures.decisions} decisions, and every condition held` };
  }

  async #goOn({ id }: GateActivation, decisions: number): Promise<undefined> {
    const record = this.#portfolio.key(runtimeKeys.activation(this.#gate.gate));
    await runScript(this.#redis, LOOKED, [record], [id, decisions]);
  }

  /** Takes in what was decided since the last look; all since the activation, where another worker looked until now. */
  async #read({ id, to, started_ms }: GateActivation, upToMs: number): Promise<Seen> {
    if (this.#seen?.id !== id) {
      const log = await evidenceLog(this.#redis, this.#portfolio, this.#gate.judge);
      const money = new WatchMoney(this.#redis, this.#portfolio, this.#gate.judge, this.#handlers);
      this.#seen = { id, log, money, lastId: idBefore(`${started_ms}-0`) };
    }
    const seen = this.#seen;
    for await (const page of decisionsAfter(this.#redis, this.#portfolio, seen.lastId, upToMs)) {
      for (const decision of page) {
        if (decision.fields.mode === to) seen.log.add(decision);
        seen.money.take(decisionRecord(decision.fields));
      }
      seen.lastId = page.at(-1)?.id ?? seen.lastId;
    }
    return seen;
  }
}
