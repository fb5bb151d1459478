import { setTimeout as wait } from 'node:timers/promises';
import { ApplyResult } from '../../../schemas/apply-result.ts';
import { HarvestProposal } from '../../../schemas/harvest.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { Block, Permit, parseStored } from '../../../schemas/permit.ts';
import { Plan } from '../../../schemas/plan.ts';
import { DEFAULT_PREFIX } from '../../settings/portfolio.ts';
import { type Answer, type AskOptions, Asks } from './asks.ts';
import {
  type AskingGate,
  type GatedOptions,
  gatedExchange,
  NotGated,
  OrderRefused,
  UnusableOrder,
} from './ccxt/index.ts';
import { asConnection, type Connection, entriesOf, entriesOfRead, idOf, textOf, UnknownReply } from './connection.ts';
import { type EntryFields, type FieldValue, flatEntry, UnusableEntry } from './fields.ts';
import { type FollowedExit, type FollowOptions, followExits } from './follow.ts';
import {
  HttpGate,
  type HttpGateOptions,
  type Order,
  OutcomeUnknown,
  type PermitResult,
  RequestRefused,
} from './http.ts';
import { NoVerdict, refusalOf, type SentPlan, type Verdict } from './verdict.ts';

export type { AskAnswer } from '../../../schemas/api/permit.ts';
export type {
  CandleHour,
  CandlePosition,
  CandleProposal,
  CandleStrategy,
  MakeCandleStrategy,
} from '../../../schemas/candle-proposal.ts';
export type { LoggedCheck } from '../../../schemas/decision.ts';
export {
  type Answer,
  type AskingGate,
  type AskOptions,
  type Block,
  type Connection,
  type FieldValue,
  type FollowedExit,
  type FollowOptions,
  type GatedOptions,
  gatedExchange,
  HttpGate,
  type HttpGateOptions,
  NotGated,
  NoVerdict,
  type Order,
  OrderRefused,
  OutcomeUnknown,
  type Permit,
  type PermitResult,
  RequestRefused,
  type SentPlan,
  UnknownReply,
  UnusableEntry,
  UnusableOrder,
  type Verdict,
};

const POLL_MS = 10;
const EVENTS_READ = 200;

/** An exit to propose (contract §1), with any further fields. */
export interface ProposalFields extends EntryFields {
  readonly plan_id: string;
  readonly symbol: string;
  readonly action: string;
  readonly reason?: string | undefined;
  readonly reason_codes?: string | undefined;
}

/** An order plan (contract §4), with any further fields: quantity in the base asset, price and notional in US dollars. */
export interface PlanFields extends EntryFields {
  readonly plan_id: string;
  readonly symbol: string;
  readonly action: string;
  readonly side?: 'BUY' | 'SELL' | undefined;
  readonly qty?: string | number | undefined;
  readonly price?: string | number | undefined;
  readonly notional_usd?: string | number | undefined;
  readonly reduceOnly?: boolean | undefined;
  /** Whether the largest size that passes is of use where the one asked for does not, and the least quantity that is. */
  readonly resize?: boolean | undefined;
  readonly min_qty?: string | number | undefined;
  /** Which strategy asks; `askPermit` says that of the client. */
  readonly strategy?: string | undefined;
}

/** What became of a plan at the exchange (contract §4), with any further fields. */
export interface ResultFields extends EntryFields {
  readonly plan_id: string;
  readonly symbol: string;
  readonly executed: boolean;
  readonly error?: string | undefined;
}

/** Whose keys the client uses. */
export interface ClientOptions {
  /** Prefix of the portfolio; `quantum` unless said. */
  readonly prefix?: string;
  /** For `askPermit`: a connection of its own, which it holds while it waits, and whose mailboxes are used (`default` unless said). */
  readonly replies?: Connection;
  readonly strategy?: string;
  /** Whole names of the governor's streams, where its settings `STREAM_PLANS`, `STREAM_RESULTS` or `STREAM_EVENTS` say others. */
  readonly streams?: { readonly plans?: string; readonly results?: string; readonly events?: string };
}

/**
 * What a strategy and its executor do with Portcullis, over a connection of ioredis 5 or 6 that the caller opens and closes.
 * Every reply is checked: a connection that answers in a shape that is not known ends a call with `UnknownReply`.
 */
export class PortcullisClient {
  readonly #redis: Connection;
  readonly #prefix: string;
  readonly #plans: string;
  readonly #results: string;
  readonly #events: string;
  readonly #strategy: string | undefined;
  readonly #asks: Asks | undefined;

  constructor(redis: Connection, options: ClientOptions = {}) {
    this.#redis = asConnection(redis);
    this.#prefix = options.prefix ?? DEFAULT_PREFIX;
    this.#plans = options.streams?.plans ?? this.#stream(streams.plans);
    this.#results = options.streams?.results ?? this.#stream(streams.results);
    this.#events = options.streams?.events ?? this.#stream(streams.governorEvents);
    this.#strategy = options.strategy;
    if (options.replies !== undefined) {
      this.#asks = new Asks(asConnection(options.replies), options.strategy ?? 'default', (name) => this.#key(name));
    }
  }

  /** Proposes an exit to the heat gate; answers with the id of its entry. Throws `UnusableEntry` for one it could not read. */
  async propose(proposal: ProposalFields): Promise<string> {
    return await this.#add(this.#stream(streams.proposals), flatEntry(HarvestProposal, proposal));
  }

  /** Hands a plan to the governor, to be executed if it gets its permit. Throws `UnusableEntry` for one it could not read. */
  async plan(plan: PlanFields): Promise<SentPlan> {
    const flat = flatEntry(Plan, { ...plan, decision: 'EXECUTE' });
    const [newest] = entriesOf(await this.#redis.call('XREVRANGE', this.#events, '+', '-', 'COUNT', 1));
    const id = await this.#add(this.#plans, flat);
    return { plan_id: plan.plan_id, id, events_after: newest?.id ?? '0-0' };
  }

  /**
   * Asks for a permit and waits for the answer: a permit that is nobody else's, or why there is none. Throws `NoVerdict`
   * where none came (execute nothing), `UnusableEntry` for a plan that could not be read, and what a connection throws.
   */
  async askPermit(plan: PlanFields, options: AskOptions = {}): Promise<Answer> {
    const asks = this.#asks;
    if (asks === undefined) throw new Error('askPermit: expected a connection in `replies` of the client, got none');
    const ask = { reply_to: asks.replyTo, timeout_ms: options.timeoutMs };
    const flat = flatEntry(Plan, { strategy: this.#strategy, ...plan, ...ask, decision: 'EXECUTE' });
    return await asks.answer(plan.plan_id, options, () => this.#add(this.#plans, flat));
  }

  /**
   * Waits for the answer to a plan, and takes its permit where it has one: whoever has this permit is the only one who does.
   * Throws `NoVerdict` after `timeoutMs`. A permit lives a minute: waiting longer than that is of no use.
   */
  async waitForVerdict(plan: SentPlan, { timeoutMs = 5_000 }: { timeoutMs?: number } = {}): Promise<Verdict> {
    const deadlineMs = performance.now() + timeoutMs;
    for (let after = plan.events_after; ; await wait(POLL_MS)) {
      const read = await this.#redis.call('XREAD', 'COUNT', EVENTS_READ, 'STREAMS', this.#events, after);
      const events = entriesOfRead(read, this.#events);
      for (const { fields } of events) {
        if (fields.plan_id !== plan.plan_id) continue;
        if (fields.event === 'PERMIT') return await this.#taken(plan.plan_id);
        const refusal = refusalOf(fields);
        if (refusal !== undefined) return refusal;
      }
      after = events.at(-1)?.id ?? after;
      if (performance.now() > deadlineMs) throw this.#noVerdict(plan, timeoutMs);
    }
  }

  /** Takes the permit of a plan with one GETDEL, so that no other executor has it too; `undefined` when there is none. */
  async takePermit(planId: string): Promise<Permit | undefined> {
    const text = textOf(await this.#redis.call('GETDEL', this.#key(keys.permit(planId))));
    return text === undefined ? undefined : parseStored(Permit, 'permit', text);
  }

  /** The block of a plan, or `undefined` when there is none. */
  async blockOf(planId: string): Promise<Block | undefined> {
    const text = textOf(await this.#redis.call('GET', this.#key(keys.block(planId))));
    return text === undefined ? undefined : parseStored(Block, 'block', text);
  }

  /** Says what became of a permitted plan, so that one that was not executed gives its room back; answers with the entry's id. */
  async result(result: ResultFields): Promise<string> {
    return await this.#add(this.#results, flatEntry(ApplyResult, result));
  }

  /**
   * Hands every exit that the heat gate passed on to `act`, oldest first, and acknowledges it when `act` is done: one whose
   * `act` was cut short comes again. It waits on the connection: give this client one of its own. Ends with `signal`, and
   * with what `act` throws.
   */
  async followCalibrated(options: FollowOptions, act: (exit: FollowedExit) => Promise<void> | void): Promise<void> {
    await followExits(this.#redis, this.#stream(streams.calibrated), options, act);
  }

  async #taken(planId: string): Promise<Verdict> {
    const permit = await this.takePermit(planId);
    if (permit?.dry_run) return { granted: false, event: 'DRY_RUN', reason: 'dry_run', checks: permit.checks };
    if (permit !== undefined) return { granted: true, permit };
    return { granted: false, event: 'TAKEN_BACK', reason: 'permit_gone', checks: [] };
  }

  #noVerdict({ plan_id: planId, id }: SentPlan, timeoutMs: number): NoVerdict {
    return new NoVerdict(
      `expected an answer to plan ${planId} (${id} of ${this.#plans}) within ${timeoutMs} ms, got none: is a governor running?`,
    );
  }

  async #add(stream: string, flat: readonly string[]): Promise<string> {
    return idOf(await this.#redis.call('XADD', stream, '*', ...flat));
  }

  #stream(name: string): string {
    return this.#key(keys.stream(name));
  }

  #key(name: string): string {
    return `${this.#prefix}:${name}`;
  }
}
