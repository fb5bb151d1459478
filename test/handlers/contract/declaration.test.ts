import { expect, test } from 'vitest';
import { declarationProblem } from '../../../handlers/contract/declaration.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import governor from '../../../handlers/governor/index.ts';
import heatBridge from '../../../handlers/heat-bridge.ts';
import heatGate from '../../../handlers/heat-gate/index.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';

const GARBAGE = [null, 0, 1.5, '', ' ', 'x', true, [], [null], [''], {}, { x: null }, () => undefined];

/** Every declaration that `whole` has, replaced by each garbage, and each part of one as well. */
function broken(whole: object): readonly (readonly [string, unknown])[] {
  return Object.entries(whole).flatMap(([part, value]) => {
    const here = GARBAGE.map((garbage) => [`${part} = ${shown(garbage)}`, { ...whole, [part]: garbage }] as const);
    if (typeof value !== 'object' || value === null || 'safeParse' in value) return here;
    const within = Object.entries(value).flatMap(([inner]) =>
      GARBAGE.map((garbage) => {
        const copy: unknown = Array.isArray(value)
          ? Object.assign([...value], { [inner]: garbage })
          : { ...value, [inner]: garbage };
        return [`${part}.${inner} = ${shown(garbage)}`, { ...whole, [part]: copy }] as const;
      }),
    );
    return [...here, ...within];
  });
}

function shown(garbage: unknown): string {
  return typeof garbage === 'function' ? 'a function' : JSON.stringify(garbage);
}

test('the declarations of this tree are whole', async () => {
  const problems = (await loadHandlers()).map((handler) => declarationProblem(handler));
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
});

test.each([heatGate, governor, heatBridge])(
  'whatever $name declares instead, it is told what was expected',
  (whole) => {
    const { name, gate, summary, on, message, settings, metrics, settingNames, ...declared } = whole;
    const odd = broken(declared).flatMap(([what, handler]) => {
      const problem = declarationProblem({ ...(handler as AnyHandler), name, gate, settingNames });
      return problem === undefined || /expected .*, got /.test(problem) ? [] : [`${what}: ${problem}`];
    });
    expect(odd).toEqual([]);
  },
);

test.each<[string, Partial<Record<keyof AnyHandler, unknown>>, string]>([
  ['a check without a name', { checks: { drawdown: { name: ' ' } } }, 'checks.drawdown.name: expected words, got none'],
  [
    'a mode that changes something unheard of',
    { modes: { ...heatGate.modes, touches: 'all' } },
    'modes.touches: expected one of open_positions, stored_budgets, permits, got "all"',
  ],
  [
    'a limit that is none of its settings',
    { policySettings: ['DRAWDOWN_MAX'] },
    'expected its policySettings to be among its settings, got DRAWDOWN_MAX',
  ],
  [
    'a check under a setting that is not its own',
    { checks: { drawdown: { name: 'drawdown', setting: 'DRAWDOWN_MAX' } } },
    'expected the setting of the check drawdown to be one of its own, got DRAWDOWN_MAX',
  ],
  [
    'a mode twice',
    { modes: { ...heatGate.modes, values: ['shadow', 'enforce', 'shadow'] } },
    'expected each mode once, got shadow twice',
  ],
])('%s is refused', (_what, different, problem) => {
  expect(declarationProblem({ ...heatGate, ...different } as unknown as AnyHandler)).toBe(problem);
});
