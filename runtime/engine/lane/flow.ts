import { randomUUID } from 'node:crypto';
import { backoffMs } from '../../settings/backoff.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type CommitChunk, chunksOf } from './chunks.ts';
import { Committer, type CommittingDeps, type Hold } from './committing.ts';
import { type Facts, type FactViews, readFacts } from './facts.ts';
import { foresee, type Judged, type JudgingDeps, judge, messageOf, type Thrown } from './judging.ts';
import type { Item } from './reader.ts';

/** What items are read, judged and committed with. */
export interface FlowDeps extends JudgingDeps, CommittingDeps {
  readonly portfolio: Portfolio;
  readonly views: FactViews;
  /** Why no lane may go on for now, in words; empty where all may. */
  readonly obstacle: () => string;
}

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
  readonly thrown?: Thrown;
}

/** Takes one batch through its steps: read, judge, commit. Items that are left go through them again, until each has exactly one outcome. */
export class Processor {
  readonly #deps: FlowDeps;
  readonly #hold: Hold;
  readonly #committer: Committer;
  #inVain = 0;

  constructor(deps: FlowDeps, hold: Hold) {
    this.#deps = deps;
    this.#hold = hold;
    this.#committer = new Committer(deps, hold);
  }

  /** Resolves when every item is committed. Rejects with `GroupLost`, or when the lane is stopped. */
  async process(items: readonly Item[]): Promise<void> {
    let rest = items;
    while (rest.length > 0) {
      rest = await this.commit(await this.judge(rest, await this.read(rest)));
      this.follow();
    }
  }

  /** Reads the facts of items. Waits while Redis does not answer, and reads again when the facts show that data were lost. */
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

  /**
   * Judges items on their facts, up to the first that throws, and cuts the batch into commits. A gate that reads what it
   * writes judges as if `before`, which is not committed yet, were committed; it judges nothing where that cannot be known.
   */
  async judge(items: readonly Item[], facts: Facts, before?: Batch): Promise<Batch> {
    if (before !== undefined && !this.#foresees(before, facts)) return { judged: [], chunks: [], unjudged: items };
    const nonce = randomUUID();
    const { judged, thrown } = await judge(items, facts, this.#deps, nonce);
    const chunks = chunksOf(judged, facts, this.#deps, { nonce, watch: false });
    return { judged, chunks, unjudged: items.slice(judged.length), ...(thrown !== undefined && { thrown }) };
  }

  /** Applies the counts and log lines of what was committed. */
  follow(): void {
    this.#committer.follow();
  }

  /** Commits a batch; what follows from it in this process waits for `follow`. Returns the items that have to be judged again, and those that were not judged, in order. */
  async commit({ judged, chunks, unjudged, thrown }: Batch): Promise<Item[]> {
    const again = await this.#committer.commit(chunks);
    if (thrown !== undefined && again.length === 0) await this.#failed(thrown);
    this.#inVain = judged.length > 0 && again.length === judged.length ? this.#inVain + 1 : 0;
    if (this.#inVain >= MAX_IN_VAIN) {
      await this.#hold(`what was judged on had changed ${this.#inVain} times before the commit`);
    }
    return [...again, ...unjudged];
  }

  /** Counts messages that were gone from their stream before they could be judged. */
  countTrimmed(by: number): void {
    this.#committer.results.count('trimmed', by);
  }

  #foresees({ judged, unjudged }: Batch, facts: Facts): boolean {
    return this.#deps.handler.serial !== true || (unjudged.length === 0 && foresee(judged, facts));
  }

  async #failed({ item, error }: Thrown): Promise<void> {
    item.attempts += 1;
    const reason = messageOf(error);
    this.#deps.log.error({ source_id: item.id, attempt: item.attempts, err: error }, `judging failed: ${reason}`);
    if (item.failure !== undefined) item.dead = `fail_policy_failed: ${reason}`;
    else if (item.attempts >= MAX_ATTEMPTS) item.failure = { reason, attempts: item.attempts };
    else await new Promise((resolve) => setTimeout(resolve, backoffMs(BACKOFF, item.attempts)));
  }
}

/** What needs no answer first is on its way to Redis by then. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Whether another batch is there, or comes before this work is done. */
type More = (work: Promise<unknown> | undefined) => Promise<boolean>;

/**
 * Takes batch after batch through a processor, so that Redis and this process work at the same time. Where the next one
 * has arrived already, three are under way: one is in commit, one is judged and waits for that, and the facts of a third
 * are being read. There is one batch in commit at a time, in the order of the stream; when it leaves anything to be
 * judged again, what was judged behind it is judged again too. A gate that reads what it writes judges a batch as if the
 * one before it were committed: its state token lets that be committed then, and never otherwise.
 */
export class Flow {
  readonly #processor: Processor;
  #waiting: Batch | undefined;
  /** Whether the batch in commit is committed as it was judged. */
  #committing: Promise<boolean> | undefined;

  constructor(processor: Processor) {
    this.#processor = processor;
  }

  /**
   * Judges a batch while the one before it is committed, and commits it too unless `more` says that another one is there,
   * or comes while the one before it is still in commit.
   * Rejects as `Processor.process` does, also for what was taken before.
   */
  async take(items: readonly Item[], more: More): Promise<void> {
    const reading = this.#processor.read(items);
    reading.catch(() => undefined);
    const asked = nextTurn();
    if (!(await this.#committed())) {
      await this.#again();
      return await this.#processor.process(items);
    }
    const before = this.#waiting;
    // Behind the commit, the facts would be answered behind it: then nothing could be judged while Redis works on it.
    if (before !== undefined) await asked;
    this.#commitWaiting();
    this.#processor.follow();
    this.#waiting = await this.#processor.judge(items, await reading, before);
    if (!(await more(this.#committing))) await this.finish();
  }

  /** Commits what is waiting; resolves once nothing is under way. */
  async finish(): Promise<void> {
    try {
      if (!(await this.#committed())) return await this.#again();
      this.#commitWaiting();
      await this.#committed();
    } finally {
      this.#processor.follow();
    }
  }

  /** Whether what was in commit, if anything was, is committed as it was judged. Where it cannot be, what waits behind it is let go. */
  async #committed(): Promise<boolean> {
    const committing = this.#committing;
    this.#committing = undefined;
    try {
      return (await committing) !== false;
    } catch (error) {
      this.#waiting = undefined;
      throw error;
    }
  }

  #commitWaiting(): void {
    if (this.#waiting === undefined) return;
    this.#committing = this.#commit(this.#waiting);
    this.#committing.catch(() => undefined);
    this.#waiting = undefined;
  }

  async #commit(batch: Batch): Promise<boolean> {
    const left = await this.#processor.commit(batch);
    await this.#processor.process(left);
    return left.length === 0;
  }

  async #again(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = undefined;
    if (batch === undefined) return;
    await this.#processor.process([...batch.judged.map(({ item }) => item), ...batch.unjudged]);
  }
}
