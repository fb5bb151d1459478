import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formatNumber } from '../../schemas/number.ts';
import type { Sent } from '../support/engine-rig.ts';
import { HEAT_DECISIONS, HeatRig, NOT_UTF8, SNAPSHOTS, STATE } from '../support/heat-rig.ts';
import { until } from '../support/redis.ts';

const UNUSABLE = ['', ' ', 'abc', 'NaN', 'nan', 'Infinity', '-Infinity', '1e400', '0x10', '1,000', 'True'];

let rig: HeatRig;

beforeAll(async () => {
  rig = await HeatRig.start();
});
afterAll(() => rig.stop());
beforeEach(() => rig.anew());

/** Resolves once the proposal is counted under this cause, which is after its commit. */
const counted = (cause: string) =>
  until(cause, async () => (await rig.metric(`p26_failures_total{reason="${cause}"}`)) === 1);

describe('a portfolio state that cannot be used fails closed', () => {
  it.each([...UNUSABLE, '0', '-0', '-10000'])('equity_usd %j', async (equity) => {
    await rig.calm();
    await rig.client.hset(STATE, { equity_usd: equity });
    expect(await rig.judged()).toMatchObject({
      reason: 'fail_closed_invalid_equity',
      calibrated_action: 'PARTIAL_25',
      heat_value: '0',
      heat_bucket: 'COLD',
    });
    await counted('invalid_equity');
  });

  it('without equity', async () => {
    await rig.calm();
    await rig.client.del(STATE);
    await rig.client.hset(STATE, { drawdown: '1' });
    expect(await rig.judged()).toMatchObject({ reason: 'fail_closed_invalid_equity' });
  });

  it('of another type', async () => {
    await rig.calm();
    await rig.client.del(STATE);
    await rig.client.set(STATE, '10000');
    expect(await rig.judged()).toMatchObject({ reason: 'fail_closed_portfolio_state_missing' });
    await counted('portfolio_state_missing');
  });

  it.each([' 10000 ', '1e4', '10000.0', '+10000'])('but equity_usd %j is a number', async (equity) => {
    await rig.calm();
    await rig.client.hset(STATE, { equity_usd: equity });
    expect(await rig.judged()).toMatchObject({ reason: 'portfolio_heat_cold', heat_value: '0.027' });
  });
});

describe('a snapshot whose figures cannot be used is left out, loudly', () => {
  const gap: [string, Sent, string][] = [
    ...[...UNUSABLE, '0', '-0.15'].map((sigma): [string, Sent, string] => [
      `sigma ${JSON.stringify(sigma)}`,
      { position_notional_usd: '1800', sigma },
      'sigma_missing',
    ]),
    ['no sigma', { position_notional_usd: '1800' }, 'sigma_missing'],
    ...UNUSABLE.map((notional): [string, Sent, string] => [
      `notional ${JSON.stringify(notional)}`,
      { position_notional_usd: notional, sigma: '0.15' },
      'notional_missing',
    ]),
    ['no notional', { sigma: '0.15' }, 'notional_missing'],
    ['a quantity without a price', { position_qty: '1', sigma: '0.15' }, 'notional_missing'],
    ['a price of 0', { position_qty: '1', mark_price: '0', sigma: '0.15' }, 'notional_missing'],
    ['bytes for a notional', { position_notional_usd: NOT_UTF8, sigma: '0.15' }, 'notional_missing'],
  ];
  it.each(gap)('%s', async (_what, fields, cause) => {
    await rig.calm();
    await rig.add(SNAPSHOTS, { symbol: 'BADUSDT', ...fields });
    expect(await rig.judged()).toMatchObject({ reason: 'portfolio_heat_cold', heat_value: '0.027' });
    await counted(cause);
    const [decision] = await rig.entries(HEAT_DECISIONS);
    expect(JSON.parse(decision?.debug_json ?? '{}').book).toMatchObject({ [cause]: ['BADUSDT'] });
  });

  it('nothing priced at all fails closed', async () => {
    await rig.client.hset(STATE, { equity_usd: '1' });
    await rig.snapshot({ position_notional_usd: '1800' });
    expect(await rig.judged()).toMatchObject({ reason: 'fail_closed_nothing_priced', calibrated_action: 'PARTIAL_25' });
  });

  it('a market state of another type is a missing sigma', async () => {
    await rig.calm();
    await rig.client.set('quantum:state:market:BADUSDT', '0.1');
    await rig.add(SNAPSHOTS, { symbol: 'BADUSDT', position_notional_usd: '1' });
    await rig.judged();
    await counted('sigma_missing');
  });

  it('a snapshot stream of another type is a book that was never seen', async () => {
    await rig.client.hset(STATE, { equity_usd: '1' });
    await rig.client.set(SNAPSHOTS, 'x');
    expect(await rig.judged()).toMatchObject({ reason: 'fail_closed_no_positions' });
  });

  it('a risk beyond all numbers is HOT, and is printed as a number', async () => {
    await rig.calm();
    await rig.add(SNAPSHOTS, { symbol: 'HUGE', position_notional_usd: '1e308', sigma: '1e308' });
    const entry = await rig.judged();
    expect(entry).toMatchObject({ heat_bucket: 'HOT', calibrated_action: 'FULL_CLOSE' });
    expect(entry.heat_value).toBe(formatNumber(Number.MAX_VALUE / 10_000));
  });
});

describe('a time that is none, or not yet', () => {
  it.each([
    ['5 s ahead counts', 5, '0.027'],
    ['an hour ahead does not', 3_600, '0'],
  ])('a snapshot %s', async (_what, aheadSec, heat) => {
    await rig.client.hset(STATE, { equity_usd: '10000' });
    await rig.add(SNAPSHOTS, { symbol: 'FLATUSDT', position_notional_usd: '0' });
    const timestamp = String(Math.floor(Date.now() / 1000) + aheadSec);
    await rig.snapshot({ position_notional_usd: '1800', sigma: '0.15', timestamp });
    expect(await rig.judged()).toMatchObject({ heat_value: heat });
  });

  it.each(['soon', '', 'NaN', '-1'])('a snapshot of the time %j is as old as its stream id', async (timestamp) => {
    await rig.client.hset(STATE, { equity_usd: '10000' });
    await rig.snapshot({ position_notional_usd: '1800', sigma: '0.15', timestamp });
    expect(await rig.judged()).toMatchObject({ heat_value: '0.027' });
  });
});
