import { expect, test } from 'vitest';
import { asOneList, Together } from '../../../runtime/redis/together.ts';

function doubling(most: number, refused?: number) {
  const calls: (readonly number[])[] = [];
  const together = new Together<number, number>(async (asks) => {
    calls.push(asks);
    if (refused !== undefined && asks.includes(refused)) throw new Error('NOPERM');
    return asks.map((ask) => 2 * ask);
  }, most);
  return { together, calls };
}

test('what is asked for in one turn of the event loop is asked for by one call, up to the most', async () => {
  const { together, calls } = doubling(3);
  const answers = await Promise.all([1, 2, 3, 4].map((ask) => together.ask(ask)));
  expect(answers).toEqual([2, 4, 6, 8]);
  expect(calls).toEqual([[1, 2, 3], [4]]);
  expect(await together.ask(5)).toBe(10);
  expect(calls.at(-1)).toEqual([5]);
});

test('where a call is refused each is asked for alone, and one that is refused alone says so to nobody else', async () => {
  const { together, calls } = doubling(3, 2);
  const answers = await Promise.allSettled([1, 2, 3, 4].map((ask) => together.ask(ask)));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(calls).toEqual([[1, 2, 3], [4], [1], [2], [3]]);
});

test('one that is refused and was asked for alone is not asked for twice', async () => {
  const { together, calls } = doubling(3, 2);
  await expect(together.ask(2)).rejects.toThrow('NOPERM');
  expect(calls).toEqual([[2]]);
});

test('lists are asked for as one, and each has its own answers, an empty one none', async () => {
  const double = async (all: readonly number[]) => all.map((one) => 2 * one);
  expect(await asOneList([[1, 2], [], [3]], double)).toEqual([[2, 4], [], [6]]);
});
