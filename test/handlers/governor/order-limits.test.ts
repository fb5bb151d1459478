import { describe, expect, it } from 'vitest';
import governor from '../../../handlers/governor/index.ts';
import { closeGates, gatesInForce, standingGates } from '../../../schemas/governor-gates.ts';
import { GovernorWorld, OPEN_PLAN } from '../../support/governor-world.ts';
import { recordOf, rejudged, rulingOf } from '../../support/rejudge.ts';

type Fields = Record<string, string>;

/** A plan sent under these settings in a world as it begins: `permit`, or the reason of its block. */
function verdictOf(settings: Fields, plan: Fields = {}, mode = 'testnet'): string {
  const world = new GovernorWorld();
  Object.assign(world, { settings, mode });
  world.plan({ ...OPEN_PLAN, ...plan });
  const block = world.block('p1');
  expect(block === undefined).toBe(world.permit('p1') !== undefined);
  return String(block?.reason ?? 'permit');
}

describe('symbols that may be opened', () => {
  const listed = { GOV_ALLOWED_SYMBOLS: 'ETHUSDT, BTCUSDT' };
  const others = { GOV_ALLOWED_SYMBOLS: 'ETHUSDT,BTCUSD,BTCUSDT2' };

  it.each(['testnet', 'production'])('let a listed one pass and no other, in %s too', (mode) => {
    expect(verdictOf(listed, {}, mode)).toBe('permit');
    expect(verdictOf(others, {}, mode)).toBe('symbol_not_allowed');
    expect(verdictOf({ GOV_ALLOWED_SYMBOLS: 'off' }, {}, mode)).toBe('permit');
  });

  it('never stand before a CLOSE, whose checks do not list them', () => {
    const world = new GovernorWorld();
    world.settings = others;
    world.plan({ ...OPEN_PLAN, action: 'FULL_CLOSE' });
    const gates = world.permit('p1')?.checks.map(({ gate }) => gate);
    expect(gates).toEqual([...standingGates, ...closeGates]);
  });

  it('are a check in its place of an OPEN, with how many are listed', () => {
    const world = new GovernorWorld();
    world.settings = others;
    world.plan(OPEN_PLAN);
    const checks = world.block('p1')?.checks ?? [];
    expect(checks.map(({ gate }) => gate)).toEqual(gatesInForce(governor.settings.parse(others)));
    expect(checks[3]).toEqual({
      gate: 'allowed_symbols',
      value: 'BTCUSDT',
      limit: 3,
      headroom: null,
      verdict: 'refuse',
    });
  });

  it('are judged again from a log that was written without them', () => {
    const world = new GovernorWorld();
    const record = recordOf('governor', world.plan(OPEN_PLAN), 'testnet');
    const under = new GovernorWorld();
    under.settings = others;
    const live = rulingOf(under.plan(OPEN_PLAN));
    expect(rejudged(governor, record, { settings: others, mode: 'testnet' })).toEqual(live);
  });

  it.each([
    ['btcusdt', 'expected off, or a symbol in capitals, as BTCUSDT, got "btcusdt"'],
    ['BTCUSDT,,ETHUSDT', 'expected off, or a symbol in capitals, as BTCUSDT, got ""'],
    ['BTC USDT', 'expected off, or a symbol in capitals, as BTCUSDT, got "BTC USDT"'],
    ['BTCUSDT:2', 'expected off, or a symbol in capitals, as BTCUSDT, got "BTCUSDT:2"'],
    ['*', 'expected off, or a symbol in capitals, as BTCUSDT, got "*"'],
    ['BTCUSDT,ETHUSDT,BTCUSDT', 'expected off, or each symbol once, got "BTCUSDT"'],
    ['', 'expected off, or a symbol in capitals, as BTCUSDT, got ""'],
  ])('cannot be %j', (text, message) => {
    const parsed = governor.settings.safeParse({ GOV_ALLOWED_SYMBOLS: text });
    expect(parsed.error?.issues.map((issue) => [issue.path.join('.'), issue.message])).toEqual([
      ['GOV_ALLOWED_SYMBOLS', message],
    ]);
  });
});
