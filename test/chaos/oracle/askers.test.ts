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
  };
  const [first] = good.told as [Witness['told'][number]];

  it('are right when who was told of a permit has one, and nobody else can', () => {
    expect(findingsOf(good)).toEqual([]);
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
  ])('%s', (_what, change, finding) => {
    expect(findingsOf({ ...good, ...change }).join('\n')).toMatch(finding);
  });
});
