import { describe, expect, it } from 'vitest';
import { heatDecisionFields } from '../../../schemas/harvest.ts';
import { limits, outputs } from '../names.ts';
import { AT, decision, EMPTY, entry, idAt, source } from './histories.ts';
import { findingsOf } from './index.ts';
import type { Decision, Entry, SourceOfWork, Witness } from './witness.ts';

/** Proposals at 0 ms, 1 ms, … that each have a decision and an entry of `harvest.calibrated`. */
function judged(count: number): Witness {
  const entries = Array.from({ length: count }, (_, ms) => entry(ms, { plan_id: `p${ms}` }));
  return {
    ...EMPTY,
    sources: [source('heat-gate', { entries })],
    decisions: entries.map(({ id, fields }) =>
      decision({
        handler: 'heat-gate',
        sourceId: id,
        planId: fields.plan_id ?? '',
        outputs: [`${outputs.calibrated} ${id}`],
      }),
    ),
    outputs: new Map([[outputs.calibrated, entries]]),
  };
}

/** OPEN plans that were permitted: what each is called, of which symbol, when, ms, and for how many units. */
function permitted(
  ...plans: readonly (readonly [planId: string, symbol: string, ms: number, units: number])[]
): Witness {
  const entries = plans.map(([plan_id, symbol, ms, qty]) => entry(ms, { plan_id, symbol, qty: String(qty) }));
  return {
    ...EMPTY,
    sources: [source('governor', { entries })],
    decisions: plans.map(([planId, symbol, ms]) =>
      decision({ handler: 'governor', verdict: 'PERMIT', sourceId: idAt(ms), planId, symbol }),
    ),
    openedMs: new Map(plans.map(([, , ms]) => [idAt(ms), AT + ms])),
  };
}

describe('outcomes', () => {
  const good = judged(3);
  const [first, second] = good.decisions as [Decision, Decision];
  const [proposals] = good.sources as [SourceOfWork];

  it('are right when every source id has one, and the streams hold what it names', () => {
    expect(findingsOf(good)).toEqual([]);
  });

  it.each<[string, Partial<Witness>, RegExp]>([
    [
      'without a decision',
      { decisions: good.decisions.slice(1), outputs: new Map() },
      /1700000000000-0 has no outcome/,
    ],
    ['with two decisions', { decisions: [...good.decisions, first] }, /has 2 decisions/],
    ['pending', { sources: [{ ...proposals, pending: 1 }] }, /1 entries are pending/],
    ['never delivered', { sources: [{ ...proposals, waiting: true }] }, /never delivered/],
    ['decided and never sent', { sources: [{ ...proposals, entries: proposals.entries.slice(1) }] }, /was never sent/],
    ['whose output is missing', { outputs: new Map([[outputs.calibrated, proposals.entries.slice(1)]]) }, /not there/],
    [
      'whose output is named twice',
      { decisions: [{ ...first, outputs: second.outputs }, ...good.decisions.slice(1)] },
      /more than one/,
    ],
    [
      'whose output nobody names',
      { decisions: [{ ...first, outputs: [] }, ...good.decisions.slice(1)] },
      /by no decision/,
    ],
    [
      'written for another plan',
      { decisions: [{ ...first, planId: 'other' }, ...good.decisions.slice(1)] },
      /another plan/,
    ],
  ])('show an entry %s', (_what, different, finding) => {
    expect(findingsOf({ ...good, ...different }).join('\n')).toMatch(finding);
  });

  it('are committed within five seconds of being judged, to the second', () => {
    const committed = (ms: number) => ({
      ...good,
      decisions: [{ ...first, id: idAt(ms) }, ...good.decisions.slice(1)],
    });
    expect(findingsOf(committed(5_999))).toEqual([]);
    expect(findingsOf(committed(6_000))).toEqual([
      `heat-gate: ${first.sourceId} was committed long after it was judged`,
    ]);
  });

  it('may be a dead letter, once', () => {
    const letter = entry(9, { dlq_id: first.sourceId });
    const without = { ...good, decisions: good.decisions.slice(1), outputs: new Map() };
    const decisions = without.decisions.map((one) => ({ ...one, outputs: [] }));
    const buried = (...deadLetters: Entry[]) => ({ ...without, decisions, sources: [{ ...proposals, deadLetters }] });
    expect(findingsOf(buried(letter))).toEqual([]);
    expect(findingsOf(buried(letter, letter)).join()).toMatch(/2 dead letters/);
  });

  it('count no more once their stream was deleted, up to where it was', () => {
    const outputsLeft = new Map([[outputs.calibrated, proposals.entries.slice(2)]]);
    const deletedTo = (ms: number) => ({
      ...good,
      outputs: outputsLeft,
      deleted: new Map([[outputs.calibrated, idAt(ms)]]),
    });
    expect(findingsOf(deletedTo(1))).toEqual([]);
    expect(findingsOf(deletedTo(0))).toHaveLength(1);
  });
});

describe('permits', () => {
  const cooldown = limits.cooldownMs;
  const many = (count: number, units: number) =>
    permitted(...Array.from({ length: count }, (_, at) => [`p${at}`, `S${at}`, at, units] as const));
  const atTheCap = many(3, 4);
  const killed = (fromMs: number, toMs: number) => ({
    ...atTheCap,
    killed: [{ fromMs: AT + fromMs, toMs: AT + toMs }],
  });

  it.each<[string, Witness]>([
    ['at the end of a cooldown', permitted(['p1', 'A', 0, 1], ['p2', 'A', cooldown, 1])],
    ['as many symbols as may be', many(limits.positions, 1)],
    ['all that may be out', permitted(['p1', 'A', 0, 4], ['p2', 'B', 1, 4], ['p3', 'C', 2, 4], ['p4', 'D', 3, 3])],
    ['after the kill switch', killed(-9, 0)],
  ])('may be given: %s', (_what, witness) => {
    expect(findingsOf(witness)).toEqual([]);
  });

  it.each<[string, Witness, RegExp]>([
    ['a plan twice', permitted(['p1', 'A', 0, 1], ['p1', 'B', 1, 1]), /p1 got two permits/],
    [
      'within a cooldown',
      permitted(['p1', 'A', 0, 1], ['p2', 'A', cooldown - 1, 1]),
      /broke the cooldown of A: 999 ms/,
    ],
    ['one symbol more', many(limits.positions + 1, 1), /8 symbols/],
    [
      'one unit more in all',
      permitted(['p1', 'A', 0, 4], ['p2', 'B', 1, 4], ['p3', 'C', 2, 4], ['p4', 'D', 3, 4]),
      /1600 dollars/,
    ],
    ['one unit more in a trade', permitted(['p1', 'A', 0, 5]), /500 dollars/],
    ['under the kill switch', killed(0, 2), /^plan p1 was permitted under the kill switch$/],
    ['that no decision gave', { ...atTheCap, permits: new Set(['p9']) }, /p9 without a decision/],
    ['beside a block', { ...atTheCap, blocks: new Set(['p1']) }, /p1 has a permit and a block/],
    ['that is not counted', { ...atTheCap, openedMs: new Map() }, /p0 was opened and not counted/],
  ])('may not be given: %s', (_what, witness, finding) => {
    expect(findingsOf(witness).join('\n')).toMatch(finding);
  });

  it(`in an hour: ${limits.perHour} of a symbol, and not one more`, () => {
    const times = (count: number) =>
      permitted(...Array.from({ length: count }, (_, at) => [`p${at}`, 'A', at * cooldown, 1] as const));
    expect(findingsOf(times(limits.perHour))).toEqual([]);
    expect(findingsOf(times(limits.perHour + 1))).toEqual(['plan p8 exceeded the hourly limit of A']);
  });

  it('have room again once a refusal, or the close of what was filled, gave theirs back before', () => {
    const full = permitted(['p1', 'A', 0, 4], ['p2', 'B', 1, 4], ['p3', 'C', 2, 4], ['p4', 'D', 10, 4]);
    const filled = entry(4, { symbol: 'A', position_qty: '4', filled: 'p1' });
    const closed = (ms: number) => entry(ms, { symbol: 'A', position_qty: '0' });
    const rejected = (ms: number) => entry(ms, { plan_id: 'p1' });
    expect(findingsOf(full)).toHaveLength(1);
    expect(findingsOf({ ...full, results: [rejected(9)] })).toEqual([]);
    expect(findingsOf({ ...full, results: [rejected(11)] })).toHaveLength(1);
    expect(findingsOf({ ...full, snapshots: [filled, closed(9)] })).toEqual([]);
    expect(findingsOf({ ...full, snapshots: [closed(3), filled] })).toHaveLength(1);
  });

  it('have room again once a permit was taken back, also where the event of that was deleted', () => {
    const full = permitted(['p1', 'A', 0, 4], ['p2', 'B', 1, 4], ['p3', 'C', 2, 4], ['p4', 'D', 10, 4]);
    const back = (ms: number) => entry(ms, { event: 'PERMIT_REVOKED', plan_id: 'p1' });
    expect(findingsOf({ ...full, outputs: new Map([[outputs.events, [back(9)]]]) })).toEqual([]);
    expect(findingsOf({ ...full, deletedEvents: [back(9)] })).toEqual([]);
    expect(findingsOf({ ...full, deletedEvents: [back(11)] })).toHaveLength(1);
  });

  it('are taken back once', () => {
    const back = (ms: number, plan_id: string) => entry(ms, { event: 'PERMIT_WITHDRAWN', plan_id });
    const withEvents = (...events: Entry[]) => ({ ...atTheCap, outputs: new Map([[outputs.events, events]]) });
    expect(findingsOf(withEvents(back(5, 'p1'), back(6, 'p2')))).toEqual([]);
    expect(findingsOf(withEvents(back(5, 'p1'), back(6, 'p1')))).toEqual(['permit of p1 was taken back twice']);
    expect(findingsOf(withEvents(back(5, 'p7')))).toEqual(['permit of p7 was taken back and never given']);
  });
});

describe('lookups', () => {
  const fieldsOf = (plan_id: string, heat_score: string) => ({
    ...Object.fromEntries(heatDecisionFields.map((name) => [name, 'x'])),
    plan_id,
    symbol: 'A',
    heat_score,
  });
  const [one, two, again] = [fieldsOf('p1', '1'), fieldsOf('p2', '2'), fieldsOf('p1', '3')];
  const bridge = (latest: Record<string, string>, byPlan: Record<string, Record<string, string>>): Witness => {
    const entries = [entry(1, one), entry(2, two), entry(3, again)];
    const named = entries.map(({ id }) => `${outputs.heatDecisions} ${id}`);
    return {
      ...EMPTY,
      sources: [source('heat-bridge', { entries })],
      decisions: [decision({ handler: 'other', sourceId: idAt(0), outputs: named })],
      outputs: new Map([[outputs.heatDecisions, entries]]),
      lookups: {
        byPlan: new Map(Object.entries(byPlan)),
        latest: new Map([['A', latest]]),
        latestPlan: new Map([['A', latest.last_plan_id ?? '']]),
      },
    };
  };

  it('are those of the last decision that was no repeat, whichever of two was committed first', () => {
    expect(findingsOf(bridge({ ...two, last_plan_id: 'p2' }, { p1: one, p2: two }))).toEqual([]);
    expect(findingsOf(bridge({ ...again, last_plan_id: 'p1' }, { p1: again, p2: two }))).toEqual([]);
  });

  it.each([
    ['an older one', bridge({ ...one, last_plan_id: 'p1' }, { p1: one, p2: two })],
    ['a repeat', bridge({ ...again, last_plan_id: 'p1' }, { p1: one, p2: two })],
    ['another plan', bridge({ ...two, last_plan_id: 'p1' }, { p1: one, p2: two })],
    ['a plan without a lookup', bridge({ ...two, last_plan_id: 'p2' }, { p2: two })],
  ])('are not those of %s', (_what, witness) => {
    expect(findingsOf(witness)).toHaveLength(1);
  });
});
