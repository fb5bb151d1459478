import { describe, expect, it } from 'vitest';
import { HeatBridgeSettings, heatBridgeSettingNames } from '../../schemas/heat-bridge.ts';
import { HeatSettings, heatSettingNames } from '../../schemas/heat-gate.ts';

describe('the settings of the heat gate', () => {
  it('have the defaults of the contract', () => {
    expect(HeatSettings.parse({})).toEqual({
      P26_MODE: 'shadow',
      HEAT_MIN: 0.25,
      HEAT_MAX: 0.65,
      RISK_SHOCK: 'off',
      RISK_LEVERAGE: 'off',
      RISK_CORRELATED_HEAT: 'off',
      RISK_EXPECTED_SHORTFALL: 'off',
      RISK_MARGIN: 'off',
      P26_PROTECTIVE_REASONS: [
        ' stop loss ',
        ' sl hit ',
        ' liquidation ',
        ' margin call ',
        ' kill switch ',
        ' emergency ',
      ],
      P26_SNAPSHOT_MAX_AGE_SEC: 900,
      P26_SIGMA_HORIZON_SEC: 3600,
      GOV_STATE_MAX_AGE_SEC: 120,
      P26_STATE_MAX_AGE_SEC: 0,
      P26_POLL_SEC: 2,
    });
    expect(heatSettingNames).toContain('P26_PROTECTIVE_REASONS');
  });

  it.each([
    ['', []],
    [' , ', []],
    ['sl', [' sl ']],
    ['Stop-Loss, margin_call,', [' stop loss ', ' margin call ']],
  ])('read the protective reasons %j', (text, runs) => {
    expect(HeatSettings.parse({ P26_PROTECTIVE_REASONS: text }).P26_PROTECTIVE_REASONS).toEqual(runs);
  });

  it.each([
    [{ RISK_SHOCK: 'judge' }, 'RISK_SHOCK_MIN', 'expected a number above 0 beside RISK_SHOCK=judge, got nothing'],
    [{ RISK_SHOCK: 'judge', RISK_SHOCK_MIN: '0.3', RISK_SHOCK_MAX: 'off' }, 'RISK_SHOCK_MAX', 'got nothing'],
    [{ RISK_SHOCK_MIN: '0.3', RISK_SHOCK_MAX: '0.3' }, 'RISK_SHOCK_MIN', 'less than RISK_SHOCK_MAX (0.3), got 0.3'],
    [{ RISK_LEVERAGE_MIN: '0' }, 'RISK_LEVERAGE_MIN', 'expected off, or a number above 0 and up to 1000, got "0"'],
    [{ HEAT_MIN: '0.65' }, 'HEAT_MIN', 'expected less than HEAT_MAX (0.65), got 0.65'],
    [{ HEAT_MIN: '0.3', HEAT_MAX: '0.2' }, 'HEAT_MIN', 'expected less than HEAT_MAX (0.2), got 0.3'],
    [{ HEAT_MIN: '-0.1' }, 'HEAT_MIN', 'expected a number of at least 0, got "-0.1"'],
    [{ HEAT_MAX: 'hot' }, 'HEAT_MAX', 'expected a number of at least 0, got "hot"'],
    [{ P26_MODE: 'live' }, 'P26_MODE', 'expected shadow or enforce, got "live"'],
    [{ P26_SNAPSHOT_MAX_AGE_SEC: '-1' }, 'P26_SNAPSHOT_MAX_AGE_SEC', 'got "-1"'],
    [{ P26_SIGMA_HORIZON_SEC: '0' }, 'P26_SIGMA_HORIZON_SEC', 'expected a number above 0, got "0"'],
    [{ P26_PROTECTIVE_REASONS: 'sl_hit,--' }, 'P26_PROTECTIVE_REASONS', 'expected a comma list of words'],
    [{ P26_POLL_SEC: '0' }, 'P26_POLL_SEC', 'got "0"'],
  ])('refuse %j', (env, name, message) => {
    const [issue] = HeatSettings.safeParse(env).error?.issues ?? [];
    expect(issue?.path).toEqual([name]);
    expect(issue?.message).toContain(message);
  });
});

describe('the settings of HeatBridge', () => {
  it('have the defaults of the contract', () => {
    expect(HeatBridgeSettings.parse({})).toEqual({
      P27_STREAM_IN: undefined,
      P27_GROUP: undefined,
      P27_CONSUMER: undefined,
      P27_POLL_MS: 500,
      P27_BATCH: 10,
      P27_TTL_PLAN_SEC: 1800,
      P27_TTL_SYMBOL_SEC: 1800,
      P27_DEDUPE_TTL_SEC: 120,
    });
    expect(heatBridgeSettingNames).toHaveLength(9);
  });

  it.each(['P27_TTL_PLAN_SEC', 'P27_DEDUPE_TTL_SEC', 'P27_BATCH'])(
    'refuse a %s that is not whole or not above 0',
    (name) => {
      for (const text of ['0', '1.5', 'abc', '-5']) {
        expect(HeatBridgeSettings.safeParse({ [name]: text }).error?.issues[0]?.message).toMatch(
          /^expected a whole number/,
        );
      }
    },
  );
});
