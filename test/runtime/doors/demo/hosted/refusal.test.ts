import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../../../../runtime/doors/demo/hosted/refusal.ts';
import { portfolioOfDemo } from '../../../../../schemas/demo-prefix.ts';

const EMPTY = { prefix: 'quantum', mode: 'testnet', hasDecided: false, standing: undefined } as const;

describe('whether a demo may be begun', () => {
  it('it may in testnet mode, with nothing decided and no other one', () => {
    expect(refusalOf(EMPTY)).toBe('');
  });

  it.each([
    ['production', 'got production'],
    ['dry_run', 'got dry_run'],
    ['', 'got none'],
    ['TESTNET', 'got TESTNET'],
  ])('it may not in mode "%s"', (mode, got) => {
    expect(refusalOf({ ...EMPTY, mode })).toContain(`expected the governor of quantum in testnet mode, ${got}: `);
  });

  it('it may not once something was decided', () => {
    expect(refusalOf({ ...EMPTY, hasDecided: true })).toContain('expected an empty decision log of quantum');
  });

  it('says first that another one stands: nothing else helps then', () => {
    const refusal = refusalOf({ ...EMPTY, mode: 'production', hasDecided: true, standing: 'quantum:demo-0' });
    expect(refusal).toContain('expected no other demo, got quantum:demo-0');
  });
});

describe('the portfolio of a demo', () => {
  it.each([
    ['quantum:demo-0123456789ab', 'quantum'],
    ['{fund-a}:demo-ffffffffffff', '{fund-a}'],
    ['out:quantum:demo-ffffffffffff', 'out:quantum'],
  ])('of %s is %s', (prefix, portfolio) => {
    expect(portfolioOfDemo(prefix)).toBe(portfolio);
  });

  it.each([
    '',
    'demo',
    'demo-0123456789ab',
    ':demo-0123456789ab',
    'quantum:demo-0123456789a',
    'quantum:demo-0123456789abc',
  ])('of "%s" is none', (prefix) => expect(portfolioOfDemo(prefix)).toBeUndefined());

  it.each(['quantum:demo-0123456789AB', 'quantum:prove-0123456789ab', 'quantum:demo-0123456789ab:x', 'x'])(
    'of "%s" is none',
    (prefix) => expect(portfolioOfDemo(prefix)).toBeUndefined(),
  );
});
