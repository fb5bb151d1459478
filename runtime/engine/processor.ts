import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { BestEffort, Effect } from '../../handlers/common/effects.ts';
import type { AnyHandler } from '../../handlers/common/handler.ts';
import { keys, streams } from '../../schemas/keys.ts';
import type { Metrics } from '../metrics.ts';
import type { Portfolio } from '../portfolio.ts';
import type { PortfolioViews } from '../views/portfolio-views.ts';
import { type CommitRequest, type CommitResult, commit, packRequest, partOf } from './commit.ts';
import { type Facts, readFacts } from './facts.ts';
import type { LaneNames } from './identity.ts';
import { type Item, isOwnKey, type Judged, judgeAll, messageOf } from './judging.ts';
import { modeInForce } from './mode-watch.ts';

/** What a lane works with. */
export interface LaneDeps {
  readonly redis: Redis;
  readonly connect: () => Redis;
  readonly portfolio: Portfolio;
  readonly views: PortfolioViews;
  readonly handler: AnyHandler;
  readonly settings: unknown;
  /** The mode that holds when Redis says none. */
  readonly initialMode: string;
  readonly names: LaneNames;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Called when a commit put something into the outbox. */
  readonly onOutbox: () => void;
}

/** Says that the lane cannot go on for now, and waits; rejects when the lane is to stop. */
export type Hold = (problem: string) => Promise<void>;

/** Thrown when the group is gone: it has to be created again, and its entries come again. */
export class GroupLost extends Error {}

const MAX_ATTEMPTS = 3;
/** Judgments in a row of which nothing could be committed, after which a lane is held instead of trying on at full speed. */
const MAX_IN_VAIN = 50;
const MAX_BACKOFF_MS = 400;
/** How long a judgment may be on its way to its commit: figures change, and plans grow old. */
const JUDGED_FOR_MS = 5_000;

/** Takes items through reads, judgment and commit until each has exactly one outcome. */
export class Processor {
  readonly #deps: LaneDeps;
  readonly #hold: Hold;

  constructor(deps: LaneDeps, hold: Hold) {
    this.#deps = deps;
    this.#hold = hold;
  }

  /** Resolves when every item is committed. Rejects with `GroupLost`, or when the lane is stopped. */
  async process(items: readonly Item[]): Promise<void> {
    let rest = [...items];
    let inVain = 0;
    while (rest.length > 0) {
      const facts = await this.read(rest);
      const nonce = randomUUID();
      const { judged, thrown } = await judgeAll(rest, facts, this.#context(facts), nonce);
      const again = await this.commit(judged, facts, nonce);
      const unjudged = rest.slice(judged.length);
      rest = [...again, ...unjudged];
      if (thrown !== undefined && again.length === 0) await this.#failed(thrown.item, thrown.error);
      inVain = judged.length > 0 && again.length === judged.length ? inVain + 1 : 0;
      if (inVain >= MAX_IN_VAIN) await this.#hold(`what was judged on had changed ${inVain} times before the commit`);
    }
  }

  /** Reads the facts of items, waiting out whatever keeps Redis from answering. */
  async read(items: readonly Item[]): Promise<Facts> {
    const { redis, portfolio, views, handler, names } = this.#deps;
    const about = { gate: handler.gate, tokenKey: names.token, reads: items.map((item) => item.reads) };
    for (;;) {
      try {
        return await readFacts(redis, portfolio, views, about);
      } catch (error) {
        await this.#hold(`reading failed: ${messageOf(error)}`);
      }
    }
  }

  /** Commits what was judged. Returns the items that have to be judged again, in order. */
  async commit(judged: readonly Judged[], facts: Facts, nonce: string, watch = false): Promise<Item[]> {
    const again: Item[] = [];
    let rest = judged;
    for (let part = 0; rest.length > 0; part += 1) {
      const sent = rest.slice(0, partOf(rest.map((one) => one.packed)));
      rest = rest.slice(sent.length);
      const results = await this.#send(this.#requestOf(sent, facts, `${nonce}.${part}`, watch));
      again.push(...(await this.#settle(sent, results)));
      if (again.length > 0 && this.#deps.handler.serial === true) return [...again, ...rest.map((one) => one.item)];
    }
    return again;
  }

  #context(facts: Facts) {
    const { handler, settings, portfolio, names } = this.#deps;
    return { handler, settings, portfolio, names, mode: this.mode(facts) };
  }

  /** The mode in force: Redis's, where it names one this gate knows. */
  mode(facts: Facts): string {
    const { handler, initialMode } = this.#deps;
    return modeInForce(facts.mode, handler.modes?.values, initialMode);
  }

  #requestOf(judged: readonly Judged[], facts: Facts, nonce: string, watch: boolean): CommitRequest {
    const { portfolio, names, handler } = this.#deps;
    const policy = portfolio.key(keys.policy(handler.gate));
    return {
      stream: names.stream,
      group: names.group,
      nonce,
      last: names.last,
      mark: names.mark,
      finished: names.finished,
      decisions: portfolio.streamKey(streams.decisions),
      token: names.token,
      serial: handler.serial === true,
      watch,
      clock: portfolio.simulatedClock ? String(facts.nowMs) : false,
      validUntil: portfolio.simulatedClock ? false : String(facts.nowMs + JUDGED_FOR_MS),
      guards: [{ key: policy, field: 'version', value: facts.policyVersion ?? false }, ...facts.guards()],
      messages: judged.map((one) => one.packed),
    };
  }

  async #send(request: CommitRequest): Promise<CommitResult[]> {
    const packed = packRequest(request);
    for (;;) {
      try {
        return await commit(this.#deps.redis, request, packed);
      } catch (error) {
        await this.#hold(`commit failed: ${messageOf(error)}`);
      }
    }
  }

  async #settle(judged: readonly Judged[], results: readonly CommitResult[]): Promise<Item[]> {
    const again: Item[] = [];
    let blocked: string | undefined;
    for (const [at, one] of judged.entries()) {
      const result = results[at] as CommitResult;
      this.count(result.status);
      if (result.status === 'nogroup') throw new GroupLost(`${this.#deps.names.stream} ${this.#deps.names.group}`);
      if (result.status === 'conflict') again.push(one.item);
      else if (result.status === 'refused') {
        if (isOwnKey(one, result.key)) this.#refuse(one.item, result.key);
        else blocked = result.key;
        again.push(one.item);
      } else this.#applied(one, result);
    }
    if (blocked !== undefined) await this.#hold(`${blocked} is of another type than expected; rename or delete it`);
    return again;
  }

  #refuse(item: Item, key: string): void {
    const reason = `wrong_type: ${key}`;
    if (item.failure === undefined) item.failure = { reason, attempts: item.attempts + 1 };
    else item.dead = reason;
  }

  #applied(one: Judged, result: CommitResult): void {
    const { metrics, portfolio, log } = this.#deps;
    if (result.status === 'duplicate') metrics.apply(one.outcome.dedupe?.counts, portfolio.prefix);
    if (result.status === 'torn') log.error({ source_id: one.item.id }, `commit torn: ${result.error}`);
    if (result.status !== 'done') return;
    metrics.apply(one.outcome.counts, portfolio.prefix);
    for (const line of one.outcome.log ?? []) log[line.level](line.text);
    this.#bestEfforts(one, result.failedBestEfforts);
    if (one.outcome.effects.some(putsIntoOutbox)) this.#deps.onOutbox();
    const reason = one.item.dead ?? one.item.failure?.reason;
    if (reason === undefined) return;
    if (one.item.message === undefined) metrics.apply(this.#deps.handler.laneCounts?.unreadable, portfolio.prefix);
    log.warn({ source_id: one.item.id, reason }, `dead letter ${one.item.id} of ${this.#deps.names.stream}: ${reason}`);
    metrics.apply(
      [{ metric: 'portcullis_dead_letters_total', labels: { handler: this.#deps.handler.name } }],
      portfolio.prefix,
    );
  }

  #bestEfforts(one: Judged, failed: readonly number[]): void {
    const { metrics, portfolio, log } = this.#deps;
    for (const [at, bestEffort] of bestEffortsOf(one.outcome.effects).entries()) {
      if (failed.includes(-(at + 1))) continue;
      const applied = !failed.includes(at + 1);
      metrics.apply(applied ? bestEffort.applied : bestEffort.failed, portfolio.prefix);
      if (!applied && bestEffort.warning !== undefined) log.warn({ source_id: one.item.id }, bestEffort.warning);
    }
  }

  /** Counts messages that ended in a way, or did not end yet. */
  count(result: CommitResult['status'], by = 1): void {
    const labels = { handler: this.#deps.handler.name, result };
    this.#deps.metrics.apply([{ metric: 'portcullis_messages_total', labels, by }], this.#deps.portfolio.prefix);
  }

  async #failed(item: Item, error: unknown): Promise<void> {
    item.attempts += 1;
    const reason = messageOf(error);
    this.#deps.log.error({ source_id: item.id, attempt: item.attempts, err: error }, `judging failed: ${reason}`);
    if (item.failure !== undefined) item.dead = `fail_policy_failed: ${reason}`;
    else if (item.attempts >= MAX_ATTEMPTS) item.failure = { reason, attempts: item.attempts };
    else
      await new Promise((resolve) =>
        setTimeout(resolve, Math.random() * Math.min(MAX_BACKOFF_MS, 50 * 2 ** item.attempts)),
      );
  }
}

function putsIntoOutbox(effect: Effect): boolean {
  if (effect.do !== 'take') return effect.do === 'later';
  return effect.taken.some(putsIntoOutbox) || effect.gone.some(putsIntoOutbox);
}

function bestEffortsOf(effects: readonly Effect[]): BestEffort[] {
  return effects.flatMap((effect) => {
    const own = effect.bestEffort === undefined ? [] : [effect.bestEffort];
    return effect.do === 'take' ? [...own, ...bestEffortsOf(effect.taken), ...bestEffortsOf(effect.gone)] : own;
  });
}
