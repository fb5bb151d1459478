import { describe, expect, it } from 'vitest';
import { Facts, type FactViews } from '../../../../runtime/engine/lane/facts.ts';
import { foresee, type Judged } from '../../../../runtime/engine/lane/judging.ts';

const READS = { count: { read: 'hash', key: 'counter', held: [] } } as const;
const NO_VIEWS: FactViews = { catchUp: () => Promise.resolve(), compute: () => undefined };

/** Facts as they were read when the count, and the state token, stood there. */
function factsAt(count: string, token: string): Facts {
  const raw = { kind: 'hash', fields: { count }, wrongType: false } as const;
  const policy = { mode: null, version: null, storedVersion: null, settings: null, candidate: null, foreign: false };
  const replies = { policy: '', history: '', found: { policy: [], history: [] }, read: new Map() };
  const read = { nowMs: 1, commits: 1, policy, token, replies, held: new Map() };
  return new Facts(NO_VIEWS, { ...read, raw: new Map([['counter', [raw]]]) });
}

/** A message that sets the count, and moves the state token on. */
function counted(count: string, token: string, nextToken: string): Judged {
  const effects = [{ do: 'hset', key: 'counter', fields: { count } }];
  return { outcome: { effects }, packed: { id: '1-0', effects: [], token, nextToken } } as unknown as Judged;
}

/** One that has no outcome but its dead letter. */
const dead = { outcome: { effects: [] }, packed: { id: '2-0', effects: [] } } as unknown as Judged;
const before = [counted('1', 'start', 'a'), dead, counted('2', 'a', 'b'), counted('3', 'b', 'c')];

function countIn(facts: Facts): unknown {
  return facts.of(READS, {}).count;
}

describe('what a batch judged before will leave', () => {
  it.each([
    ['nothing of it was committed', '0', 'start'],
    ['its first message was committed', '1', 'a'],
    ['all but its last message was committed', '2', 'b'],
    ['all of it was committed', '3', 'c'],
  ])('is known where the facts were read when %s', (_when, count, token) => {
    const facts = factsAt(count, token);
    expect(foresee(before, facts)).toBe(true);
    expect(countIn(facts)).toMatchObject({ fields: { count: '3' } });
    expect(facts.token).toBe('c');
  });

  it('is read, and not what it was meant to be, where all of it was committed', () => {
    const facts = factsAt('4', 'c');
    expect(foresee(before, facts)).toBe(true);
    expect(countIn(facts)).toMatchObject({ fields: { count: '4' } });
  });

  it('is not known where somebody else committed', () => {
    const facts = factsAt('9', 'other');
    expect(foresee(before, facts)).toBe(false);
    expect(countIn(facts)).toMatchObject({ fields: { count: '9' } });
  });

  it('is nothing where none of it has a state token', () => {
    const facts = factsAt('0', 'start');
    expect(foresee([dead], facts)).toBe(true);
    expect(facts.token).toBe('start');
  });
});
