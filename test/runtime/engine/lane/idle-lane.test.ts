import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { IdleLane } from '../../../../runtime/engine/lane/idle-lane.ts';
import { SharedWaiter, type SharedWaits } from '../../../../runtime/engine/lane/shared-wait.ts';

const LOOK_MS = 5_000;
let joined: SharedWaiter[];
let lane: IdleLane;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  joined = [];
  const leave = (leaving: SharedWaiter) => {
    joined = joined.filter((waiter) => waiter !== leaving);
  };
  const join = (stream: string) => {
    const waiter = new SharedWaiter(stream, leave);
    joined.push(waiter);
    return waiter;
  };
  lane = new IdleLane({ lookMs: LOOK_MS, join } as unknown as SharedWaits, 's');
});
afterEach(() => void vi.useRealTimers());

/** A wait that the given time ends, or that a wake ends before. */
async function waited(ms: number): Promise<boolean> {
  let isOver = false;
  const wait = lane.wait(2_000).then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(ms);
  const was = isOver;
  joined[0]?.wake();
  await wait;
  return was;
}

it('is busy from the second find within a second, and idle again five seconds after the last', () => {
  expect(lane.shares()).toBe(true);
  lane.found(1);
  vi.advanceTimersByTime(1_000);
  lane.found(1);
  expect(lane.shares()).toBe(true);
  vi.advanceTimersByTime(999);
  lane.found(1);
  expect(joined).toEqual([]);
  vi.advanceTimersByTime(4_999);
  expect([lane.shares(), joined.length]).toEqual([false, 0]);
  vi.advanceTimersByTime(1);
  expect([lane.shares(), joined.length]).toEqual([false, 1]);
  (joined[0] as SharedWaiter).after = '0-0';
  expect(lane.shares()).toBe(true);
});

it('rests while it waits together with others, also after one find, and neither while it is busy nor once it left', () => {
  const rests = [lane.rests];
  lane.shares();
  rests.push(lane.rests);
  lane.found(1);
  rests.push(lane.rests);
  lane.found(1);
  rests.push(lane.rests);
  vi.advanceTimersByTime(5_000);
  lane.shares();
  rests.push(lane.rests);
  (joined[0] as SharedWaiter).after = '0-0';
  lane.shares();
  rests.push(lane.rests);
  lane.leave();
  rests.push(lane.rests);
  expect(rests).toEqual([false, true, true, false, false, true, false]);
});

it('is idle again with a find that was a second in coming', () => {
  lane.shares();
  lane.found(1);
  lane.found(1);
  vi.advanceTimersByTime(1_000);
  expect(lane.shares()).toBe(false);
  lane.found(1);
  expect([lane.shares(), joined.length]).toEqual([false, 1]);
  (joined[0] as SharedWaiter).after = '0-0';
  expect(lane.shares()).toBe(true);
});

it('waits as long as a blocking read where it found something lately, else until the next look', async () => {
  lane.shares();
  expect([await waited(4_999), await waited(5_000)]).toEqual([false, true]);
  lane.found(1);
  lane.shares();
  expect([await waited(1_999), await waited(2_000)]).toEqual([false, true]);
});

it('begins to wait anew where a look found what nothing told of', async () => {
  lane.shares();
  const [first] = joined;
  await waited(LOOK_MS);
  lane.found(1);
  expect(joined).toEqual([]);
  lane.shares();
  expect(joined).not.toContain(first);
});

it('goes on waiting where it was told', async () => {
  lane.shares();
  const [first] = joined;
  await waited(1);
  lane.found(1);
  expect(joined).toEqual([first]);
});

it('a wake before the wait ends the next one', async () => {
  lane.shares();
  joined[0]?.wake();
  expect(await waited(0)).toBe(true);
});
