import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HarvestProposal, heatDecisionFields } from '../../schemas/harvest.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { liveSample } from '../support/live.ts';

const usable = { plan_id: 'p1', symbol: 'ETHUSDT', action: 'FULL_CLOSE' };

function parse(fields: Record<string, string>) {
  return HarvestProposal.safeParse(fieldsOf(Object.entries(fields).flat()));
}

describe('a harvest proposal', () => {
  it('of the live system parses, with its suffix kept', () => {
    expect(HarvestProposal.parse(liveSample('harvest.proposal').fields)).toEqual({
      planId: '8188151ac8e76b73',
      symbol: 'BTCUSDT',
      action: 'FULL_CLOSE_PROPOSED',
      traceId: undefined,
      reason: 'ok',
      reasonCodes: '',
      strategy: undefined,
    });
  });

  it('without an action takes its harvest_action', () => {
    const { action: _none, ...rest } = usable;
    expect(parse({ ...rest, harvest_action: 'PARTIAL_50' }).data?.action).toBe('PARTIAL_50');
    expect(parse({ ...usable, harvest_action: 'PARTIAL_50' }).data?.action).toBe('FULL_CLOSE');
  });

  it('with an empty trace id has none', () => {
    expect(parse({ ...usable, trace_id: '' }).data?.traceId).toBeUndefined();
    expect(parse({ ...usable, trace_id: 't-1' }).data?.traceId).toBe('t-1');
  });

  it.each(['plan_id', 'symbol', 'action'])('without a usable %s does not parse, and says what was expected', (name) => {
    const bad = ['', 'a b', 'a:b', '{a', 'x'.repeat(129), '\u00e9'];
    const { [name as 'action']: _left, ...rest } = usable;
    for (const entry of [rest, ...bad.map((text) => ({ ...usable, [name]: text }))]) {
      const result = parse(entry);
      expect(result.error?.issues).toHaveLength(1);
      expect(result.error?.issues[0]).toMatchObject({ path: [name] });
      expect(result.error?.issues[0]?.message).toMatch(/^expected 1 to 128 bytes .* got /);
    }
  });

  it('never throws, whatever the fields', () => {
    const name = fc.constantFrom('plan_id', 'symbol', 'action', 'harvest_action', 'reason', '__proto__');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))), (pairs) => {
        expect(typeof HarvestProposal.safeParse(fieldsOf(pairs.flat())).success).toBe('boolean');
      }),
    );
  });
});

describe('a heat decision', () => {
  it('has the 13 fields of the live proposal stream, where one was once published', () => {
    expect(heatDecisionFields).toHaveLength(13);
    const live = Object.keys(liveSample('harvest.proposal').fields);
    expect(live).toEqual(expect.arrayContaining([...heatDecisionFields]));
  });
});
