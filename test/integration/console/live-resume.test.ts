import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import type { LiveDecisions } from '../../../schemas/api/decision.ts';
import { countOf, expectChain, idsOf, LiveRig, upTo } from '../../support/live-rig.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';

const handlers = await loadHandlers();

let redis: TestRedis;
let rig: LiveRig;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  rig = await LiveRig.start(redis, handlers);
});
afterEach(() => rig.stop());

describe('a stream that was cut', () => {
  it('resumes without a gap or a repeat, wherever and however often it is cut', async () => {
    const step = fc.record({
      decisions: fc.nat(120),
      cut: fc.boolean(),
      byQuery: fc.boolean(),
      meanwhile: fc.nat(120),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        const told: LiveDecisions[] = [];
        const written: string[] = [];
        let watching = await rig.look();
        let seen = watching.lastId() ?? '';
        for (const { decisions, cut, byQuery, meanwhile } of steps) {
          written.push(...(await rig.decide(decisions)));
          if (!cut) continue;
          watching.cut();
          await watching.ended;
          told.push(...watching.decisions());
          written.push(...(await rig.decide(meanwhile)));
          seen = watching.lastId() ?? seen;
          watching = byQuery ? await rig.open({}, `?last_event_id=${seen}`) : await rig.open({ 'last-event-id': seen });
          written.push(...(await rig.decide(decisions)));
        }
        const last = written.at(-1);
        if (last !== undefined) await until('all', () => (watching.lastId() ?? seen) === last);
        told.push(...watching.decisions());
        watching.cut();
        expectChain(told);
        expect(countOf(told)).toBe(written.length);
        const all = new Set(idsOf(told));
        expect(all.size).toBe(idsOf(told).length);
        if (told.every(({ sampled }) => !sampled)) expect([...all]).toEqual(written);
      }),
      { numRuns: 12 },
    );
  });

  it('is told all that it missed, none of it sampled, and then goes on', async () => {
    const first = await rig.look();
    const id = first.lastId() ?? '';
    first.cut();
    const missed = await rig.decide(1_234);
    const second = await rig.open({ 'last-event-id': id });
    await upTo(second, missed.at(-1));
    expect(idsOf(second.decisions())).toEqual(missed);
    expect(second.decisions().every(({ sampled }) => !sampled)).toBe(true);
    const [next] = await rig.decide(1);
    await upTo(second, next);
    expectChain(second.decisions());
  });

  it.each([
    ['exactly 5,000 behind is resumed', 5_000, 'decisions'],
    ['one more is told to begin anew', 5_001, 'reset'],
  ])('%s', async (_sentence, behind, event) => {
    const [id = ''] = await rig.decide(1);
    const ids = await rig.decide(behind);
    const watching = await rig.look({ 'last-event-id': id });
    await upTo(watching, ids.at(-1));
    expect(watching.events[0]).toMatchObject({ event });
    expect(countOf(watching.decisions())).toBe(event === 'reset' ? 0 : 5_000);
    const [next = ''] = await rig.decide(1);
    await upTo(watching, next);
    expect(idsOf(watching.decisions()).at(-1)).toBe(next);
  });

  it('behind the end of the log is resumed as long as nothing is missing', async () => {
    const ids = await rig.decide(10);
    await rig.trim(5);
    const from = async (id: string | undefined) => (await rig.look({ 'last-event-id': id ?? '' })).events[0]?.event;
    expect(await from(ids[5])).toBe('decisions');
    expect(await from(ids[4])).toBe('reset');
    expect(await from(ids[0])).toBe('reset');
  });

  it.each([
    ['an id from the future', '99999999999999-0'],
    ['an id that is too large', '99999999999999999999-0'],
    ['no id at all', 'yesterday'],
    ['an id of another data set', '1-1'],
  ])('with %s is told to begin anew, and goes on', async (_sentence, id) => {
    await rig.decide(3);
    await rig.trim(2);
    const watching = await rig.look({ 'last-event-id': id });
    expect(watching.events[0]).toMatchObject({ event: 'reset' });
    const [next = ''] = await rig.decide(1);
    await upTo(watching, next);
    expect(idsOf(watching.decisions())).toEqual([next]);
  });

  it('from before the first decision of all misses nothing', async () => {
    const watching = await rig.look();
    expect(watching.lastId()).toBe('0-0');
    watching.cut();
    const ids = await rig.decide(3);
    const again = await rig.open({ 'last-event-id': '0-0' });
    await upTo(again, ids.at(-1));
    expect(idsOf(again.decisions())).toEqual(ids);
  });
});
