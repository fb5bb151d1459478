import { describe, expect, it } from 'vitest';
import { AT, decision, EMPTY, entry, idAt, source } from './histories.ts';
import { findingsOf } from './index.ts';
import type { Witness } from './witness.ts';

describe('asks', () => {
  const good: Witness = {
    ...EMPTY,
    sources: [source('governor', { entries: [entry(0, { plan_id: 'a1', symbol: 'ETHUSDT', qty: '1' })] })],
    decisions: [
      decision({ handler: 'governor', verdict: 'PERMIT', sourceId: idAt(0), planId: 'a1', symbol: 'ETHUSDT' }),
    ],
    openedMs: new Map([[idAt(0), AT]]),
    told: [
      { planId: 'a1', closes: false, granted: true, reason: 'ok' },
      { planId: 'a2', closes: true, granted: false, reason: 'kill_switch_active' },
      { planId: 'a3', closes: false, granted: false, reason: 'symbol_cooldown' },
    ],
    kept: [{ key: 'asked:a1', expiresAtSec: AT / 1_000, endsMs: AT + 1_800 }],
  };
  const [first] = good.told as [Witness['told'][number]];

  it('are right when who was told of a permit has one, and nobody else can', () => {
    expect(findingsOf(good)).toEqual([]);
  });

  it('are right when an exit is over every cap, by whatever name it goes', () => {
    const exit = { plan_id: 'a7', symbol: 'ETHUSDT', action: 'CLOSE', reduceOnly: 'true', qty: '50' };
    const sources = [source('governor', { entries: [entry(0, exit)] })];
    const permit = { handler: 'governor', verdict: 'PERMIT', sourceId: idAt(0), planId: 'a7', action: 'CLOSE' };
    const told = [{ planId: 'a7', closes: true, granted: true, reason: 'ok' }];
    const closed: Witness = { ...EMPTY, sources, decisions: [decision(permit)], told };
    expect(findingsOf(closed)).toEqual([]);
    const opens = [source('governor', { entries: [entry(0, { ...exit, reduceOnly: 'false' })] })];
    expect(findingsOf({ ...closed, sources: opens }).join('\n')).toMatch(/plan a7 was opened and not counted/);
  });

  it.each<[string, Partial<Witness>, RegExp]>([
    ['of a permit that nobody gave', { told: [{ ...first, planId: 'a4' }] }, /a4 was told of a permit/],
    ['twice', { told: [first, first] }, /a1 was told twice/],
    ['of one that another can take', { permits: new Set(['a1']) }, /the permit of a1 can be taken/],
    [
      'that an exit is held up by a cap',
      { told: [{ planId: 'a5', closes: true, granted: false, reason: 'total_notional_exceeded' }] },
      /the exit a5 was refused: total_notional_exceeded/,
    ],
    [
      'that an exit is held because no answer came',
      { told: [{ planId: 'a5', closes: true, granted: false, reason: 'deadline_passed' }] },
      /the exit a5 was refused: deadline_passed/,
    ],
    [
      'that they cannot be asked for',
      { told: [{ planId: 'a6', closes: false, granted: false, reason: 'http 409' }] },
      /plan a6 could not be asked for: http 409/,
    ],
    [
      'by a permit that is kept too long',
      { kept: [{ key: 'asked:a1', expiresAtSec: 100, endsMs: 101_801 }] },
      /asked:a1 is kept for 1801 ms after its permit/,
    ],
    [
      'by one that is kept for ever',
      { kept: [{ key: 'asked:a1', expiresAtSec: 100, endsMs: undefined }] },
      /asked:a1 is kept for ever/,
    ],
  ])('%s', (_what, change, finding) => {
    expect(findingsOf({ ...good, ...change }).join('\n')).toMatch(finding);
  });
});
