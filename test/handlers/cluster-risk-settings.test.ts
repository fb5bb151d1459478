import { expect, it } from 'vitest';
import clusterStress from '../../handlers/cluster-stress/index.ts';

it.each([
  [{ RISK_SHOCK: 'on' }, 'RISK_SHOCK', 'expected off, report or judge, got "on"'],
  [{ RISK_EXPECTED_SHORTFALL: 'report', MARKET_LOOKBACK: '500' }, 'RISK_EXPECTED_SHORTFALL', 'of 501 at least'],
  [{ RISK_SHOCK: 'report', MARKET_INTERVAL: '15m' }, 'RISK_SHOCK', 'it rests on candles of 1h'],
  [{ RISK_SHOCK: 'judge', MARKET_INTERVAL: '15m' }, 'RISK_SHOCK', 'got judge: it rests on candles of 1h'],
])('figures of risk are refused where they could never be told: %o', (settings, name, message) => {
  const { error } = clusterStress.settings.safeParse(settings);
  expect(error?.issues.map(({ path }) => path[0])).toEqual([name]);
  expect(error?.issues[0]?.message).toContain(message);
  const any = { RISK_LEVERAGE: 'report', RISK_MARGIN: 'judge', RISK_MARGIN_MIN: '0.4', RISK_MARGIN_MAX: '0.7' };
  expect(clusterStress.settings.safeParse({ ...any, MARKET_INTERVAL: '15m' }).success).toBe(true);
});
