import { describe, expect, it } from 'vitest';
import type { SoftenedExit } from '../../../../handlers/common/kept-exits.ts';
import { completeExits } from '../../../../runtime/desk/report/held-positions.ts';
import type { Sighting } from '../../../../runtime/desk/report/mark-sources.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';

const AT_MS = 10 * HOUR_MS;

function exit(atMs = AT_MS, more: Partial<SoftenedExit> = {}): SoftenedExit {
  return {
    atMs,
    symbol: 'XUSDT',
    planId: 'p',
    enforced: true,
    bucket: 'WARM',
    softenedTo: 'PARTIAL_75',
    keptShare: 0.25,
    heat: 0.3,
    reason: 'portfolio_heat_warm',
    notionalUsd: undefined,
    side: undefined,
    nextFullCloseMs: undefined,
    closedMs: undefined,
    ...more,
  };
}

function seen(atMs: number, qty: number, symbol = 'XUSDT'): Sighting {
  return { symbol, atMs, qty, notionalUsd: Math.abs(qty) * 100, price: 100, flat: qty === 0 };
}

async function completed(exits: readonly SoftenedExit[], ...sightings: readonly Sighting[]) {
  async function* pages() {
    for (const one of sightings) yield [one];
  }
  await completeExits(exits, pages());
  return exits.map(({ side, notionalUsd, closedMs }) => ({ side, notionalUsd, closedMs }));
}

const unknown = { side: undefined, notionalUsd: undefined, closedMs: undefined };

describe('exits completed by what was seen of their positions', () => {
  it.each([
    ['long an hour before', seen(AT_MS - HOUR_MS, 3), { ...unknown, side: 1, notionalUsd: 300 }],
    ['short at the same moment', seen(AT_MS, -3), { ...unknown, side: -1, notionalUsd: 300 }],
    ['too long before', seen(AT_MS - HOUR_MS - 1, 3), unknown],
    ['only after the decision', seen(AT_MS + 1, 3), unknown],
    ['of another symbol', seen(AT_MS, 3, 'YUSDT'), unknown],
    ['closed before the decision', seen(AT_MS - 1, 0), unknown],
  ])('%s', async (_name, sighting, expected) => {
    expect(await completed([exit()], sighting)).toEqual([expected]);
  });

  it('keep what the log said of them', async () => {
    const known = exit(AT_MS, { side: -1, notionalUsd: 50 });
    expect(await completed([known], seen(AT_MS, 3))).toEqual([{ side: -1, notionalUsd: 50, closedMs: undefined }]);
  });

  it.each([
    ['closed', [5, 5, 0, 0], 3],
    ['turned', [5, -1, 5], 2],
    ['reduced', [5, 4, 1], undefined],
  ])('notice that the position was %s', async (_name, quantities, after) => {
    const sightings = quantities.map((qty, at) => seen(AT_MS + at, qty));
    const [one] = await completed([exit()], ...sightings);
    expect(one?.closedMs).toBe(after === undefined ? undefined : AT_MS + after - 1);
  });

  it('follow the newest exit of a symbol', async () => {
    const exits = [exit(AT_MS), exit(AT_MS + 10)];
    const of = await completed(exits, seen(AT_MS, 5), seen(AT_MS + 11, 5), seen(AT_MS + 20, 0));
    expect(of.map(({ closedMs }) => closedMs)).toEqual([undefined, AT_MS + 20]);
  });
});
