import { beforeEach, describe, expect, it } from 'vitest';
import { type Batch, Flow, type Processor } from '../../../../runtime/engine/lane/flow.ts';
import type { Item } from '../../../../runtime/engine/lane/reader.ts';

type Flowed = Pick<Processor, 'read' | 'judge' | 'commit' | 'process' | 'follow'>;

interface Commit {
  readonly names: string;
  /** Answers it: with the messages that have to be judged again, or with an error. */
  readonly answer: (left?: string) => void;
  readonly fail: (error: Error) => void;
}

/** Does what a processor is asked for, notes it in order, and answers commits when the test says so. */
class Recorder implements Flowed {
  readonly log: string[] = [];
  readonly commits: Commit[] = [];

  #answered = false;

  /** Asks for the facts a few promises later, as the views do. */
  async read(items: readonly Item[]) {
    for (let steps = 0; steps < 10; steps += 1) await undefined;
    this.log.push(`read ${namesOf(items)}`);
    return {} as Awaited<ReturnType<Processor['read']>>;
  }

  judge(items: readonly Item[], _facts: unknown, before?: Batch): Promise<Batch> {
    this.log.push(`judge ${namesOf(items)}${before === undefined ? '' : ` behind ${namesOf(itemsOf(before))}`}`);
    return Promise.resolve({ judged: items.map((item) => ({ item })), chunks: [], unjudged: [] } as unknown as Batch);
  }

  commit(batch: Batch): Promise<Item[]> {
    const items = itemsOf(batch);
    const names = namesOf(items);
    this.log.push(`commit ${names}`);
    return new Promise((resolve, reject) => {
      this.commits.push({
        names,
        answer: (left = '') => {
          this.log.push(`answered ${names}`);
          this.#answered = true;
          resolve(items.filter(({ id }) => left.includes(id)));
        },
        fail: reject,
      });
    });
  }

  process(items: readonly Item[]): Promise<void> {
    if (items.length > 0) this.log.push(`anew ${namesOf(items)}`);
    return Promise.resolve();
  }

  follow(): void {
    if (this.#answered) this.log.push('follow');
    this.#answered = false;
  }

  /** The commit that is under way, once it is. */
  async committing(names: string): Promise<Commit> {
    await settled();
    const commit = this.commits.at(-1);
    expect(commit?.names).toBe(names);
    return commit as Commit;
  }
}

function batch(names: string): Item[] {
  return [...names].map((id) => ({ id }) as unknown as Item);
}

function itemsOf({ judged }: Batch): Item[] {
  return judged.map(({ item }) => item);
}

function namesOf(items: readonly Item[]): string {
  return items.map(({ id }) => id).join('');
}

/** Everything that does not wait for a commit has happened. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

const another = () => Promise.resolve(true);
const none = () => Promise.resolve(false);

let recorder: Recorder;
let flow: Flow;
beforeEach(() => {
  recorder = new Recorder();
  flow = new Flow(recorder as unknown as Processor);
});

/** Takes batches one behind the other, as a lane does; the last has none behind it. */
async function take(...batches: readonly string[]): Promise<void> {
  for (const [at, names] of batches.entries()) await flow.take(batch(names), at < batches.length - 1 ? another : none);
}

describe('batches under way', () => {
  it('one that has none behind it is committed at once', async () => {
    const taken = take('ab');
    (await recorder.committing('ab')).answer();
    await taken;
    expect(recorder.log).toEqual(['read ab', 'judge ab', 'commit ab', 'answered ab', 'follow']);
  });

  it('three at a time: one is in commit, one is judged and waits for it, and the facts of a third are read', async () => {
    const taken = take('a', 'b', 'c');
    const first = await recorder.committing('a');
    expect(recorder.log).toEqual(['read a', 'judge a', 'read b', 'commit a', 'judge b behind a', 'read c']);
    first.answer();
    const second = await recorder.committing('b');
    expect(recorder.log.slice(6)).toEqual(['answered a', 'commit b', 'follow', 'judge c behind b']);
    second.answer();
    (await recorder.committing('c')).answer();
    await taken;
    expect(recorder.log.slice(10)).toEqual(['answered b', 'commit c', 'answered c', 'follow']);
  });

  it('only one is in commit at a time, in the order of the stream, however many there are', async () => {
    const names = [...'abcdefgh'];
    const taken = take(...names);
    for (const name of names) (await recorder.committing(name)).answer();
    await taken;
    const commits = recorder.log.filter((line) => /^(?:commit|answered) /.test(line));
    expect(commits).toEqual(names.flatMap((name) => [`commit ${name}`, `answered ${name}`]));
  });

  it('the last waits for nobody: it is committed when the lane has nothing more', async () => {
    await flow.take(batch('a'), another);
    await settled();
    expect(recorder.commits).toEqual([]);
    const finished = flow.finish();
    (await recorder.committing('a')).answer();
    await finished;
  });

  it('whether there is more is asked with the commit that is under way, and nothing where none is', async () => {
    const asked: boolean[] = [];
    const more = (work: Promise<unknown> | undefined) => {
      asked.push(work !== undefined);
      return another();
    };
    await flow.take(batch('a'), more);
    await flow.take(batch('b'), more);
    expect(asked).toEqual([false, true]);
  });
});

describe('a commit that leaves something', () => {
  it('has it judged anew first, then what was judged behind it, then what came after', async () => {
    const taken = take('ab', 'cd', 'ef');
    (await recorder.committing('ab')).answer('b');
    await taken;
    expect(recorder.log.slice(recorder.log.indexOf('answered ab'))).toEqual([
      'answered ab',
      'anew b',
      'anew cd',
      'anew ef',
    ]);
    expect(recorder.commits).toHaveLength(1);
  });

  it('has what waits judged anew when the lane finishes', async () => {
    await flow.take(batch('ab'), another);
    await flow.take(batch('cd'), another);
    const finished = flow.finish();
    (await recorder.committing('ab')).answer('a');
    await finished;
    expect(recorder.log.slice(-4)).toEqual(['answered ab', 'anew a', 'anew cd', 'follow']);
  });

  it('does not hinder what is taken afterwards', async () => {
    const taken = take('ab', 'cd', 'ef');
    (await recorder.committing('ab')).answer('ab');
    await taken;
    const next = take('gh');
    (await recorder.committing('gh')).answer();
    await next;
    expect(recorder.log.slice(-4)).toEqual(['judge gh', 'commit gh', 'answered gh', 'follow']);
  });
});

describe('a commit that is rejected', () => {
  const lost = new Error('the group is lost');

  it('rejects the next take, and lets go of what waits: it comes again with the pending entries', async () => {
    const taken = take('a', 'b', 'c');
    (await recorder.committing('a')).fail(lost);
    await expect(taken).rejects.toBe(lost);
    await flow.finish();
    expect(recorder.log).toEqual(['read a', 'judge a', 'read b', 'commit a', 'judge b behind a', 'read c']);
  });

  it('rejects the finish, once', async () => {
    await flow.take(batch('a'), another);
    await flow.take(batch('b'), another);
    const finished = flow.finish();
    (await recorder.committing('a')).fail(lost);
    await expect(finished).rejects.toBe(lost);
    await flow.finish();
    expect(recorder.commits).toHaveLength(1);
  });

  it('does not hinder what is taken afterwards', async () => {
    const taken = take('a', 'b');
    (await recorder.committing('a')).fail(lost);
    await expect(taken).rejects.toBe(lost);
    const next = take('c');
    (await recorder.committing('c')).answer();
    await next;
    expect(recorder.log.slice(-3)).toEqual(['commit c', 'answered c', 'follow']);
  });
});
