import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesOf, type Open } from '../../../../runtime/desk/alerts/changes.ts';
import type { Problem } from '../../../../schemas/api/overview.ts';

const looked = { portfolio: 'quantum', nowMs: 1_700_000_000_000, level: 'critical' } as const;
const kill: Problem = { key: 'kill', severity: 'critical', what: 'killed', do: 'let go', since: 5 };
const told: Open = { kill: { severity: 'critical', what: 'killed', since: 5 } };

function states(
  problems: readonly Problem[],
  open: Open,
  { over = false, level = looked.level as 'critical' | 'warning' } = {},
) {
  const { alerts } = changesOf(problems, open, { ...looked, level }, () => over);
  return alerts.map(({ state, severity, key }) => `${state} ${severity} ${key}`);
}

describe('what is told', () => {
  it('is a problem that was not told, once, with all that a person needs', () => {
    const { alerts, open } = changesOf([kill], {}, looked, () => false);
    expect(alerts).toEqual([
      {
        state: 'began',
        severity: 'critical',
        portfolio: 'quantum',
        key: 'kill',
        what: 'killed',
        do: 'let go',
        at: 1_700_000_000,
      },
    ]);
    expect(open).toEqual(told);
    expect(states([kill], open)).toEqual([]);
  });

  it.each([
    ['over when it is gone for long', [], told, true, ['ended critical kill']],
    ['still open when it is gone for a moment', [], told, false, []],
    ['told again when it began anew', [{ ...kill, since: 6 }], told, false, ['began critical kill']],
    ['not told again with an older beginning', [{ ...kill, since: 4 }], told, false, []],
    ['not told again when its beginning is no longer known', [{ ...kill, since: null }], told, false, []],
    ['not told again for other words', [{ ...kill, what: 'killed by ada' }], told, false, []],
    ['not told below the level', [{ ...kill, severity: 'warning' }], {}, false, []],
  ] as const)('is %s', (_name, problems, open, over, expected) => {
    expect(states(problems as readonly Problem[], open, { over })).toEqual(expected);
  });

  it('is a problem that got worse, and the worst of one key', () => {
    const mild: Problem = { ...kill, severity: 'warning' };
    const open: Open = { kill: { severity: 'warning', what: 'killed', since: 5 } };
    expect(states([kill], open, { level: 'warning' })).toEqual(['began critical kill']);
    expect(states([mild, kill], {}, { level: 'warning' })).toEqual(['began critical kill']);
    expect(states([mild], told, { level: 'warning' })).toEqual([]);
  });

  it('alternates for each key, whatever comes and goes', () => {
    const looks = fc.array(fc.record({ there: fc.boolean(), over: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(looks, (each) => {
        let open: Open = {};
        const said: string[] = [];
        for (const { there, over } of each) {
          const changes = changesOf(there ? [kill] : [], open, looked, () => over);
          open = changes.open;
          said.push(...changes.alerts.map(({ state }) => state));
        }
        expect(said).toEqual(said.map((_state, at) => (at % 2 === 0 ? 'began' : 'ended')));
        expect('kill' in open).toBe(said.length % 2 === 1);
      }),
    );
  });
});
