import { describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { order, verdict, worldOf } from '../../support/book-limits.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import { recordOf } from '../../support/rejudge.ts';

const state = (low: Record<string, string>) => ({
  equity_usd: '1000',
  positions_count: '0',
  timestamp: String(NOW_MS / 1000),
  ...low,
});

describe('a reading that leaves no equity and is in doubt', () => {
  it.each(['closed', 'open'])('lets nothing open and every exit pass, with GOV_CAPS_FAIL_POLICY=%s', (policy) => {
    for (const mode of ['testnet', 'production']) {
      const given = (low: string) => ({ state: state({ equity_low_usd: low }), mode });
      const world = worldOf({ GOV_CAPS_FAIL_POLICY: policy }, given('0'));
      const close = order('A', -1, { action: 'FULL_CLOSE', plan_id: 'c' });
      const open = order('A', 1, { plan_id: 'o' });
      expect([verdict(world, open), verdict(world, close)]).toEqual(['caps_data_unavailable', 'permit']);
      expect(world.block('o')?.checks.find(({ gate }) => gate === 'caps_data')?.value).toContain('equity_doubted');
      const negative = worldOf({ GOV_CAPS_FAIL_POLICY: policy }, given('-0.01'));
      expect(verdict(negative, open)).toBe('caps_data_unavailable');
      const above = worldOf({ GOV_CAPS_FAIL_POLICY: policy }, given('0.01'));
      expect(verdict(above, open)).toBe('permit');
    }
  });

  it('is a fact of the decision', () => {
    const world = worldOf({}, { state: state({ equity_low_usd: '0' }) });
    const record = recordOf('governor', world.plan(order('A', 1)), 'production');
    expect(JSON.stringify(record.facts)).toContain('equity_doubted');
    world.hashes.set(keys.portfolioState, state({}));
    const plain = recordOf('governor', world.plan(order('A', 1, { plan_id: 'p2' })), 'production');
    expect(JSON.stringify(plain.facts)).not.toContain('equity_doubted');
  });
});
