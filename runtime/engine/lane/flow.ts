import type { Item } from './judging.ts';
import type { Batch, Processor } from './processor.ts';

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
    if (!(await this.#committed())) {
      await this.#again();
      return await this.#processor.process(items);
    }
    const before = this.#waiting;
    this.#commitWaiting();
    this.#waiting = await this.#processor.judge(items, await reading, before);
    if (!(await more(this.#committing))) await this.finish();
  }

  /** Commits what is waiting; resolves once nothing is under way. */
  async finish(): Promise<void> {
    if (!(await this.#committed())) return await this.#again();
    this.#commitWaiting();
    await this.#committed();
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
    const left = await this.#processor.settle(batch);
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
