import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import governor from '../../../handlers/governor/index.ts';
import { keys } from '../../../schemas/keys.ts';
import { GovernorWorld, OPEN_PLAN } from '../../support/governor-world.ts';
import { verdictUnder, worldUnder } from '../../support/order-limits.ts';

const CLOSE = { ...OPEN_PLAN, action: 'FULL_CLOSE_PROPOSED', reduceOnly: 'true', side: 'SELL' };

describe('a plan that names its strategy', () => {
  it('has it on permit, event, decision and reservation', () => {
    const world = new GovernorWorld();
    const outcome = world.plan({ ...OPEN_PLAN, strategy: 'trend' });
    expect(world.permit('p1')?.strategy).toBe('trend');
    expect(world.events.at(-1)).toMatchObject({ event: 'PERMIT', strategy: 'trend' });
    expect(outcome.decision?.strategy).toBe('trend');
    expect(JSON.parse(world.hashes.get(keys.reserved)?.p1 ?? '').strategy).toBe('trend');
  });

  it('has it on a block', () => {
    const world = new GovernorWorld();
    world.texts.set(keys.kill, '1');
    const outcome = world.plan({ ...OPEN_PLAN, strategy: 'trend' });
    expect(world.block('p1')?.strategy).toBe('trend');
    expect(outcome.decision?.strategy).toBe('trend');
  });

  it.each([[undefined], ['a b'], ['a,b'], ['a:b'], ['*'], ['off'], [''], [' ']])(
    'writes nothing more for %j',
    (strategy) => {
      const [plain, named] = [new GovernorWorld(), new GovernorWorld()];
      const id = plain.nextId();
      plain.plan(OPEN_PLAN, id);
      named.plan({ ...OPEN_PLAN, ...(strategy !== undefined && { strategy }) }, id);
      expect(named.texts.get(keys.permit('p1'))).toBe(plain.texts.get(keys.permit('p1')));
      expect(named.hashes.get(keys.reserved)).toEqual(plain.hashes.get(keys.reserved));
      expect(named.events).toEqual(plain.events);
    },
  );
});

describe('a paused strategy', () => {
  const paused = { GOV_STRATEGY_PAUSED: 'trend, grid' };

  it('opens nothing, in every mode that trades', () => {
    for (const mode of ['testnet', 'production']) {
      expect(verdictUnder(paused, { strategy: 'trend' }, { mode })).toBe('strategy_paused');
      expect(verdictUnder(paused, { strategy: 'trend2' }, { mode })).toBe('permit');
      expect(verdictUnder(paused, {}, { mode })).toBe('permit');
    }
    expect(verdictUnder({ GOV_STRATEGY_PAUSED: 'off' }, { strategy: 'trend' })).toBe('permit');
  });

  it('closes', () => {
    expect(verdictUnder(paused, { ...CLOSE, strategy: 'trend' })).toBe('permit');
  });

  it('may be the one that names none', () => {
    expect(verdictUnder({ GOV_STRATEGY_PAUSED: 'default' }, {})).toBe('strategy_paused');
    expect(verdictUnder({ GOV_STRATEGY_PAUSED: 'default' }, { strategy: 'default' })).toBe('strategy_paused');
  });

  it('says so in its check', () => {
    const world = worldUnder(paused);
    world.plan({ ...OPEN_PLAN, strategy: 'trend' });
    expect(world.block('p1')?.checks.find(({ gate }) => gate === 'strategy_paused')).toEqual({
      gate: 'strategy_paused',
      value: 'trend',
      limit: 2,
      headroom: null,
      verdict: 'refuse',
    });
  });

  it('is not evaded by a name that cannot be read', () => {
    expect(verdictUnder(paused, { strategy: 'tre nd' })).toBe('caps_data_unavailable');
    expect(verdictUnder({ ...paused, GOV_CAPS_FAIL_POLICY: 'open' }, { strategy: 'tre nd' })).toBe('permit');
    expect(verdictUnder({}, { strategy: 'tre nd' })).toBe('permit');
  });

  it.each([
    ['a b', 'expected off, or a strategy of 1 to 128'],
    ['a,a', 'expected off, or each strategy once, got "a"'],
    ['a:1', 'expected off, or a strategy of 1 to 128'],
    ['a,,b', 'expected off, or a strategy of 1 to 128'],
  ])('is not set by %j', (text, message) => {
    const [issue] = governor.settings.safeParse({ GOV_STRATEGY_PAUSED: text }).error?.issues ?? [];
    expect(issue?.message).toContain(message);
  });
});

it('a plan of any strategy is refused if and only if that is paused', () => {
  const names = ['trend', 'grid', 'default', 'a@b', 'x'];
  const some = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 });
  fc.assert(
    fc.property(some, fc.option(fc.constantFrom(...names), { nil: undefined }), (listed, strategy) => {
      const said = verdictUnder({ GOV_STRATEGY_PAUSED: listed.join(',') }, { ...(strategy && { strategy }) });
      expect(said).toBe(listed.includes(strategy ?? 'default') ? 'strategy_paused' : 'permit');
    }),
  );
});
