import type { Item } from './judging.ts';
import type { Batch, Processor } from './processor.ts';

/**
 * Takes batch after batch through a processor. Where the next one has arrived already, a batch waits until the facts
 * of the next are read, and is committed while the next is judged: Redis and this process work at the same time. There
 * is one batch in commit at a time, in the order of the stream; when it leaves anything to be judged again, what was judged
 * behind it is judged again too. A gate that reads what it writes judges the next as if the one before it were
 * committed: its state token lets that be committed then, and never otherwise.
 */
export class Flow {
  readonly #processor: Processor;
  #waiting: Batch | undefined;

  constructor(processor: Processor) {
    this.#processor = processor;
  }

  /** Judges a batch, and commits it too unless `more` says that another one is there. Rejects as `Processor.process` does. */
  async take(items: readonly Item[], more: () => boolean): Promise<void> {
    const facts = await this.#processor.read(items);
    const before = this.#waiting;
    const [finished, judgment] = await Promise.allSettled([this.finish(), this.#processor.judge(items, facts, before)]);
    if (finished.status === 'rejected') throw finished.reason;
    if (judgment.status === 'rejected') throw judgment.reason;
    if (!finished.value) return await this.#processor.process(items);
    this.#waiting = judgment.value;
    if (!more()) await this.finish();
  }

  /** Commits what is waiting. Answers whether it was committed as it was judged, with nothing left to judge again. */
  async finish(): Promise<boolean> {
    const batch = this.#waiting;
    this.#waiting = undefined;
    if (batch === undefined) return true;
    const left = await this.#processor.settle(batch);
    await this.#processor.process(left);
    return left.length === 0;
  }
}
