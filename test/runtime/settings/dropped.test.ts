import { describe, expect, it } from 'vitest';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { loadSettings, SettingsError } from '../../../runtime/settings/load.ts';

const handlers = await loadHandlers();
const NOTIONAL = { GOV_MAX_REDUCE_NOTIONAL_PER_DAY_USD: '5000' };
const QTY = { GOV_MAX_REDUCE_QTY_PER_DAY: '0.02   # a day' };

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    loadSettings(env, handlers);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('a limit of the original governor that is not built', () => {
  it.each([
    [NOTIONAL, ['GOV_MAX_REDUCE_NOTIONAL_PER_DAY_USD: expected none, got "5000"']],
    [QTY, ['GOV_MAX_REDUCE_QTY_PER_DAY: expected none, got "0.02"']],
    [{ GOV_MAX_REDUCE_QTY_PER_DAY: '0' }, ['GOV_MAX_REDUCE_QTY_PER_DAY: expected none, got "0"']],
    [{ ...NOTIONAL, ...QTY }, ['GOV_MAX_REDUCE_NOTIONAL_PER_DAY_USD', 'GOV_MAX_REDUCE_QTY_PER_DAY']],
    [{ ...NOTIONAL, ...QTY, GOV_ACCEPT_DROPPED: 'GOV_MAX_REDUCE_QTY_PER_DAY' }, ['PER_DAY_USD: expected none']],
    [{ GOV_ACCEPT_DROPPED: 'all' }, ['GOV_ACCEPT_DROPPED: expected a comma list of']],
  ] as [Record<string, string>, string[]][])('stops the start: %j', (env, says) => {
    expect(problemsOf(env)).toEqual(says.map((start) => expect.stringContaining(start)));
  });

  it('says how it is accepted', () => {
    const list = 'GOV_MAX_REDUCE_NOTIONAL_PER_DAY_USD,GOV_MAX_REDUCE_QTY_PER_DAY';
    expect(problemsOf({ ...NOTIONAL, ...QTY })[0]).toContain(`GOV_ACCEPT_DROPPED=${list}`);
    const settings = loadSettings({ ...NOTIONAL, ...QTY, GOV_ACCEPT_DROPPED: list }, handlers);
    expect(settings.droppedLimits).toEqual([
      'GOV_MAX_REDUCE_NOTIONAL_PER_DAY_USD=5000',
      'GOV_MAX_REDUCE_QTY_PER_DAY=0.02',
    ]);
    expect(settings.warnings).toEqual(
      settings.droppedLimits.map((limit) => expect.stringContaining(`${limit} is not in force`)),
    );
  });

  it.each([[{ GOV_MAX_REDUCE_QTY_PER_DAY: '' }], [{ ...NOTIONAL, GATES: 'heat-gate' }]] as [Record<string, string>][])(
    'stops nothing where it says nothing, or where another process runs the governor: %j',
    (env) => {
      expect(loadSettings(env, handlers)).toMatchObject({ droppedLimits: [], warnings: [] });
    },
  );
});

const ACCOUNT = { FEEDS: 'account', BINANCE_TESTNET_API_KEY: 'key', BINANCE_TESTNET_API_SECRET: 'secret' };

describe('a limit on losses in a row', () => {
  it.each(['GOV_MAX_CONSECUTIVE_LOSSES', 'GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL'])(
    '%s needs the account to be read',
    (name) => {
      const says = new RegExp(`^${name}: expected FEEDS=account beside it, got "3": .* counts what trades`);
      expect(problemsOf({ [name]: '3' })).toEqual([expect.stringMatching(says)]);
      expect(problemsOf({ [name]: '3', GOV_LOSS_PAUSE_SEC: '60', ...ACCOUNT })).toEqual([]);
    },
  );

  it('stops no start where another process runs the governor, or where it is off', () => {
    expect(loadSettings({ GOV_MAX_CONSECUTIVE_LOSSES: '3', GATES: 'heat-gate' }, handlers).warnings).toEqual([]);
    for (const off of ['', 'off', ' OFF ']) expect(problemsOf({ GOV_MAX_CONSECUTIVE_LOSSES: off })).toEqual([]);
    expect(problemsOf({ GOV_LOSS_PAUSE_SEC: '60' })).toEqual([]);
  });

  it.each(['0', '-1', '1.5', 'many', '1001'])('is refused as %s', (text) => {
    expect(problemsOf({ GOV_MAX_CONSECUTIVE_LOSSES: text, ...ACCOUNT })).toHaveLength(1);
  });
});

describe('a limit on the correlated heat that an order may leave', () => {
  const LIMIT = { GOV_MAX_CORRELATED_HEAT_PCT: '5' };

  it('stops the start where nobody computes that figure, since nothing would open', () => {
    const says = expect.stringMatching(
      /^GOV_MAX_CORRELATED_HEAT_PCT: expected RISK_CORRELATED_HEAT=report or judge beside it, got "5"/,
    );
    expect(problemsOf(LIMIT)).toEqual([says]);
    expect(problemsOf({ ...LIMIT, RISK_CORRELATED_HEAT: ' OFF ' })).toEqual([says]);
    expect(problemsOf({ ...LIMIT, RISK_SHOCK: 'report' })).toEqual([says]);
  });

  it('stops none where it is computed, where another process runs the governor, or where it is off', () => {
    expect(problemsOf({ ...LIMIT, RISK_CORRELATED_HEAT: 'report' })).toEqual([]);
    expect(problemsOf({ ...LIMIT, GATES: 'heat-gate' })).toEqual([]);
    for (const off of ['', 'off', ' OFF ']) expect(problemsOf({ GOV_MAX_CORRELATED_HEAT_PCT: off })).toEqual([]);
  });
});

describe('a setting of the other P2.6 gets a word', () => {
  it.each([
    ['T_WARM', 'HEAT_MIN and HEAT_MAX'],
    ['T_HOT', 'HEAT_MIN and HEAT_MAX'],
    ['WARM_PARTIAL', 'PARTIAL_75'],
    ['W_CORR', 'Heat has no weights here'],
  ])('%s', (name, instead) => {
    expect(loadSettings({ [name]: '0.45' }, handlers).warnings).toEqual([
      expect.stringMatching(new RegExp(`^${name} changes nothing: .* P2\\.6 Portfolio Gate.*${instead}`)),
    ]);
  });

  it('and none where the heat gate does not run', () => {
    expect(loadSettings({ T_WARM: '0.45', GATES: 'governor' }, handlers).warnings).toEqual([]);
  });
});
