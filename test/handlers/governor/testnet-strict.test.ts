import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import governor from '../../../handlers/governor/index.ts';
import { skippedText } from '../../../schemas/check-words.ts';
import { testnetSkips } from '../../../schemas/governor-gates.ts';
import { keys } from '../../../schemas/keys.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from '../../support/governor-world.ts';

const STRICT = { GOV_TESTNET_STRICT: 'true' };

/** How far a plan goes against what testnet skips: ages of permits in ms, a budget in US dollars. */
interface Breach {
  readonly killScore: string;
  readonly execs: readonly number[];
  readonly budgetUsd: string | undefined;
  readonly unreadable: boolean;
}

const breach: fc.Arbitrary<Breach> = fc.record({
  killScore: fc.constantFrom('0', '0.7999999999', '0.8', 'high'),
  execs: fc.constantFrom([], [1], [1, 2], [299_999, 300_000, 3_599_999]),
  budgetUsd: fc.constantFrom(undefined, '50', '49.99'),
  unreadable: fc.boolean(),
});

function judged(mode: string, settings: Record<string, string>, { killScore, execs, budgetUsd, unreadable }: Breach) {
  const world = new GovernorWorld();
  Object.assign(world, { mode, settings });
  world.sets.set(keys.execTimes('BTCUSDT'), new Map(execs.map((age, at) => [`e${at}`, NOW_MS - age])));
  if (unreadable) world.wrong.add(keys.execTimes('BTCUSDT'));
  const budget = { mode: 'enforce', budget_usd: budgetUsd ?? '', timestamp: String(NOW_MS / 1000) };
  if (budgetUsd !== undefined) world.hashes.set(keys.budget('BTCUSDT'), budget);
  const { decision } = world.plan({ ...OPEN_PLAN, kill_score: killScore });
  return { verdict: decision?.verdict, reason: decision?.reason, checks: decision?.checks ?? [] };
}

const ALL: Breach = { killScore: '0.8', execs: [1, 2, 3], budgetUsd: '1', unreadable: false };

describe('a testnet that is strict', () => {
  it('judges every plan as production does', () => {
    fc.assert(
      fc.property(breach, (one) => {
        expect(judged('testnet', STRICT, one)).toEqual(judged('production', {}, one));
      }),
    );
  });

  it('leaves out nothing, and one that is not what it declares, and nothing else', () => {
    const production = judged('production', {}, ALL).checks;
    const differing = judged('testnet', {}, ALL).checks.flatMap(({ gate: check, verdict }, at) =>
      production[at]?.verdict === verdict ? [] : [{ check, verdict }],
    );
    expect(production.filter(({ verdict }) => verdict === 'refuse').map(({ gate }) => gate)).toEqual(
      differing.map(({ check }) => check),
    );
    expect(differing).toEqual(testnetSkips);
    const skips = (mode: string, settings = {}) => governor.skips?.(mode, governor.settings.parse(settings));
    expect(skips('testnet')).toEqual(differing);
    expect([skips('testnet', STRICT), skips('production'), skips('dry_run')]).toEqual([[], [], []]);
  });

  it('says in its log that a budget blocks', () => {
    const lines = (settings: Record<string, string>, mode: string) => {
      const world = new GovernorWorld();
      Object.assign(world, { mode, settings });
      const budget = { mode: 'enforce', budget_usd: '1', timestamp: String(NOW_MS / 1000) };
      world.hashes.set(keys.budget('BTCUSDT'), budget);
      return world.plan(OPEN_PLAN).log?.find(({ text }) => text.includes('P2.8'))?.text;
    };
    const said = (end: string) => `BTCUSDT: P2.8 budget=$1.00 mode=enforce - ${end}`;
    expect([lines(STRICT, 'testnet'), lines({}, 'production')]).toEqual([said('blocking'), said('blocking')]);
    expect([lines({}, 'testnet'), lines(STRICT, 'dry_run')]).toEqual([said('would block'), said('would block')]);
  });
});

it.each([
  [[], ''],
  [['skipped'], 'not judged: a0'],
  [['would_refuse', 'skipped', 'skipped'], 'not judged: a1, a2; judged, and refuses nothing: a0'],
] as const)('what a mode leaves out of %j is said as %j', (verdicts, text) => {
  expect(skippedText(verdicts.map((verdict, at) => ({ check: `c${at}`, verdict, name: `a${at}` })))).toBe(text);
});
