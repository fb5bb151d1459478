import { expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { order, verdict, worldOf } from '../../support/book-limits.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import { recordOf, rulingOf } from '../../support/rejudge.ts';

/** Limits that rest on facts which nothing but them asks for, and figures that are computed where they run. */
const LIMITS = {
  'losses in a row': { policy: { GOV_MAX_CONSECUTIVE_LOSSES: '3' }, environment: {} },
  'losses in a row of a symbol': { policy: { GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL: '2' }, environment: {} },
  'worst days': { policy: { GOV_MAX_SHOCK_PCT: '60' }, environment: { RISK_SHOCK: 'report' } },
  'correlated heat': {
    policy: { GOV_MAX_CORRELATED_HEAT_PCT: '5' },
    environment: { RISK_CORRELATED_HEAT: 'report' },
  },
} as const;
const SIZES = [1, 10, 600, 700];

function world(settings: Record<string, string>, losses: number) {
  const made = worldOf(settings, {});
  const streak = JSON.stringify({ losses, at_ms: NOW_MS });
  made.hashes.set(keys.lossStreaks, { '*': streak, A: streak });
  made.hashes.set(keys.riskState, {
    days: JSON.stringify({ A: [-0.9, 2] }),
    correlation: JSON.stringify({ variance: 0, alone: 0, rows: { A: [0, 0, 0.1] } }),
    timestamp: String(NOW_MS / 1000),
  });
  return made;
}

it.each(Object.entries(LIMITS))('a limit on %s refuses from a policy as it does from the environment', (_, about) => {
  const environment: Record<string, string> = about.environment;
  const seen = new Set<string>();
  for (const losses of [1, 2, 3]) {
    for (const size of SIZES) {
      const plan = order('A', size);
      const own = world({ ...environment, ...about.policy }, losses);
      const byPolicy = Object.assign(world(environment, losses), { policy: about.policy });
      const byCandidate = world(environment, losses);
      byCandidate.candidate = { version: 'v1', settings: about.policy };
      const said = verdict(own, plan);
      expect(verdict(byPolicy, plan)).toBe(said);
      const expected = rulingOf(world({ ...environment, ...about.policy }, losses).plan(plan));
      expect(rulingOf(byCandidate.trial(plan))).toEqual(expected);
      expect(recordOf('governor', byCandidate.plan(plan), 'production').verdict).toBe('PERMIT');
      seen.add(said);
    }
  }
  expect(seen.size).toBeGreaterThan(1);
  expect([...seen]).not.toContain('caps_data_unavailable');
});

it('a limit on losses in a row that a policy sets is latched', () => {
  const made = Object.assign(world({}, 3), { policy: { GOV_MAX_CONSECUTIVE_LOSSES: '3' } });
  made.watch();
  expect(made.events.map(({ event, reason }) => `${event} ${reason}`)).toEqual(['LOSS_LIMIT consecutive_losses']);
});
