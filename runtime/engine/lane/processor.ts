import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { backoffMs } from '../../settings/backoff.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type CommitResult, commit } from '../commit/commit.ts';
import { modeInForce } from '../policy/mode-watch.ts';
import type { SettingsInForce } from '../policy/settings-in-force.ts';
import type { Metrics } from '../status/metrics.ts';
import type { PortfolioViews } from '../views/portfolio-views.ts';
import { type CommitChunk, chunksOf } from './chunks.ts';
import type { Continuity } from './continuity.ts';
import { type Facts, readFacts } from './facts.ts';
import type { LaneNames } from './identity.ts';
import { foresee, type Item, isOwnKey, type Judged, type JudgingContext, judgeAll, messageOf } from './judging.ts';
import { Results } from './results.ts';

/** What a lane works with. */
export interface LaneDeps {
  readonly redis: Redis;
  readonly connect: () => Redis;
  readonly portfolio: Portfolio;
  readonly views: PortfolioViews;
  readonly handler: AnyHandler;
  /** As the environment has them; what is judged by is `inForce`. */
  readonly settings: unknown;
  readonly inForce: SettingsInForce;
  /** The mode that holds when Redis says none. */
  readonly initialMode: string;
  readonly names: LaneNames;
  readonly continuity: Continuity;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Why no lane may go on for now, in words; empty where all may. */
  readonly obstacle: () => string;
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
const BACKOFF = { firstMs: 100, mostMs: 400 };

/** Items judged on the same facts, packed and ready to be committed. */
export interface Batch {
  readonly judged: readonly Judged[];
  readonly chunks: readonly CommitChunk[];
  /** Those from the first on of which judging threw. */
  readonly unjudged: readonly Item[];
  readonly thrown?: { readonly item: Item; readonly error: unknown };
}

/** Takes items through reads, judgment and commit until each has exactly one outcome. */
export class Processor {
  /** What its commits lead to in this process. */
  readonly results: Results;
  readonly #deps: LaneDeps;
  readonly #hold: Hold;
  #inVain = 0;

  constructor(deps: LaneDeps, hold: Hold) {
    this.#deps = deps;
    this.#hold = hold;
    this.results = new Results(deps);
  }

  /** Resolves when every item is committed. Rejects with `GroupLost`, or when the lane is stopped. */
  async process(items: readonly Item[]): Promise<void> {
    let rest = items;
    while (rest.length > 0) rest = await this.settle(await this.judge(rest, await this.read(rest)));
  }

  /**
   * Judges items on the facts read for them, up to the first that throws, and packs what is to be committed. Those of a
   * gate that reads what it writes are judged as if `before`, which is not committed yet, were; none of them where that
   * cannot be known.
   */
  async judge(items: readonly Item[], facts: Facts, before?: Batch): Promise<Batch> {
    if (before !== undefined && !this.#foresees(before, facts)) return { judged: [], chunks: [], unjudged: items };
    const nonce = randomUUID();
    const { judged, thrown } = await judgeAll(items, facts, this.context(facts), nonce);
    const chunks = chunksOf(judged, facts, this.#deps, { nonce, watch: false });
    return { judged, chunks, unjudged: items.slice(judged.length), ...(thrown !== undefined && { thrown }) };
  }

  #foresees({ judged, unjudged }: Batch, facts: Facts): boolean {
    return this.#deps.handler.serial !== true || (unjudged.length === 0 && foresee(judged, facts));
  }

  /** Commits a batch. Returns the items that have to be judged (again), in order. */
  async settle({ judged, chunks, unjudged, thrown }: Batch): Promise<Item[]> {
    const again = await this.#commitChunks(chunks);
    if (thrown !== undefined && again.length === 0) await this.#failed(thrown.item, thrown.error);
    this.#inVain = judged.length > 0 && again.length === judged.length ? this.#inVain + 1 : 0;
    if (this.#inVain >= MAX_IN_VAIN) {
      await this.#hold(`what was judged on had changed ${this.#inVain} times before the commit`);
    }
    return [...again, ...unjudged];
  }

  /** Reads the facts of items, waiting out whatever keeps Redis from answering; again where they show that data were lost. */
  async read(items: readonly Item[]): Promise<Facts> {
    const { redis, portfolio, views, handler, names, continuity, obstacle } = this.#deps;
    const about = { gate: handler.gate, tokenKey: names.token, reads: items.map((item) => item.reads) };
    for (;;) {
      for (let problem = obstacle(); problem !== ''; problem = obstacle()) await this.#hold(problem);
      try {
        const before = continuity.seen;
        const facts = await readFacts(redis, portfolio, views, about);
        if (!(await continuity.lost(facts.commits, before))) return facts;
      } catch (error) {
        await this.#hold(`reading failed: ${messageOf(error)}`);
      }
    }
  }

  /** Commits what was judged. Returns the items that have to be judged again, in order. */
  async commit(judged: readonly Judged[], facts: Facts, nonce: string, watch = false): Promise<Item[]> {
    return await this.#commitChunks(chunksOf(judged, facts, this.#deps, { nonce, watch }));
  }

  /**
   * Sends all chunks at once: Redis goes from one to the next, and refuses one that overtook another. Of a gate that reads
   * what it writes, the state token refuses whatever stands behind a message that was not committed as it was judged.
   */
  async #commitChunks(chunks: readonly CommitChunk[]): Promise<Item[]> {
    const sent = chunks.map((chunk) => ({ chunk, reply: this.#send(chunk) }));
    const all = Promise.allSettled(sent.map(({ reply }) => reply));
    const again: Item[] = [];
    try {
      for (const { chunk, reply } of sent) again.push(...(await this.#settled(chunk.judged, await reply)));
    } finally {
      await all;
    }
    return again;
  }

  /** What items are judged by on these facts: the mode and the settings in force. */
  context(facts: Facts): JudgingContext {
    const { handler, inForce, portfolio, names } = this.#deps;
    const settings = inForce.of(facts.policySettings);
    const candidate = inForce.candidate(facts.candidate);
    const own = { handler, settings, portfolio, names, mode: this.#mode(facts) };
    return candidate === undefined ? own : { ...own, candidate };
  }

  /** The mode in force: Redis's, where it names one this gate knows. */
  #mode(facts: Facts): string {
    const { handler, initialMode } = this.#deps;
    return modeInForce(facts.mode, handler.modes?.values, initialMode);
  }

  async #send({ request, packed }: CommitChunk): Promise<CommitResult[]> {
    const { redis, continuity } = this.#deps;
    for (;;) {
      try {
        let behind: number | undefined;
        const results = await commit(redis, request, packed, (commits) => {
          if (continuity.committed(commits)) behind = commits;
        });
        if (behind !== undefined) await continuity.mark(behind);
        return results;
      } catch (error) {
        await this.#hold(`commit failed: ${messageOf(error)}`);
      }
    }
  }

  async #settled(judged: readonly Judged[], results: readonly CommitResult[]): Promise<Item[]> {
    const again: Item[] = [];
    let blocked: string | undefined;
    this.results.countAll(results);
    for (const [at, one] of judged.entries()) {
      const result = results[at] as CommitResult;
      if (result.status === 'nogroup') throw new GroupLost(`${this.#deps.names.stream} ${this.#deps.names.group}`);
      if (result.status === 'conflict') again.push(one.item);
      else if (result.status === 'full') {
        blocked = fullProblem(this.#deps.portfolio, result.key);
        again.push(one.item);
      } else if (result.status === 'refused') {
        if (isOwnKey(one, result.key)) this.#refuse(one.item, result.key);
        else blocked = `${result.key} is of another type than expected; rename or delete it`;
        again.push(one.item);
      } else this.results.follow(one, result);
    }
    if (blocked !== undefined) await this.#hold(blocked);
    return again;
  }

  #refuse(item: Item, key: string): void {
    const reason = `wrong_type: ${key}`;
    if (item.failure === undefined) item.failure = { reason, attempts: item.attempts + 1 };
    else item.dead = reason;
  }

  async #failed(item: Item, error: unknown): Promise<void> {
    item.attempts += 1;
    const reason = messageOf(error);
    this.#deps.log.error({ source_id: item.id, attempt: item.attempts, err: error }, `judging failed: ${reason}`);
    if (item.failure !== undefined) item.dead = `fail_policy_failed: ${reason}`;
    else if (item.attempts >= MAX_ATTEMPTS) item.failure = { reason, attempts: item.attempts };
    else await new Promise((resolve) => setTimeout(resolve, backoffMs(BACKOFF, item.attempts)));
  }
}

function fullProblem({ prefix }: Portfolio, key: string): string {
  const name = key.replace(`${prefix}:`, '').replace(/^stream:/, '');
  return `${key} takes no more entries, its last id is the highest there is; portcullis streams repair ${name} --reason …`;
}
