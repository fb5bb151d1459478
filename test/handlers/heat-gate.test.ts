import { describe, expect, it } from 'vitest';
import { streams } from '../../schemas/keys.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { counted, ETH, emitted, type HeatWorld, judgeProposal, OTHERS } from '../support/heat.ts';
import { recordOf } from '../support/rejudge.ts';

const fullClose = { plan_id: 'test1', symbol: 'ETHUSDT', action: 'FULL_CLOSE' };
const both = { book: [ETH, OTHERS] };

function calibrated(entry: Record<string, string>, world: HeatWorld = {}) {
  return emitted(judgeProposal(entry, world), streams.calibrated);
}

function atHeat(heat: string, action = 'FULL_CLOSE') {
  const views = { book: [{ symbol: 'ETHUSDT', notional: Number(heat), sigma: 1 }] };
  return calibrated({ ...fullClose, action }, { portfolio: { equity_usd: '1' }, views });
}

describe('the scenarios of the seeds', () => {
  it.each([
    ['1', 'FULL_CLOSE', '10000', { book: [ETH] }, '0.027', 'COLD', 'PARTIAL_25', 'portfolio_heat_cold'],
    ['2', 'FULL_CLOSE', '3000', both, '0.2941666667', 'WARM', 'PARTIAL_75', 'portfolio_heat_warm'],
    ['3', 'FULL_CLOSE', '1000', both, '0.8825', 'HOT', 'FULL_CLOSE', 'portfolio_heat_hot'],
    ['4', 'PARTIAL_50', '1000', both, '0.8825', 'HOT', 'PARTIAL_50', 'partial_unchanged'],
  ])('%s: %s at equity %s', (_n, action, equity_usd, views, heat, bucket, out, reason) => {
    expect(calibrated({ ...fullClose, action }, { portfolio: { equity_usd }, views })).toMatchObject({
      original_action: action,
      calibrated_action: out,
      heat_value: heat,
      heat_bucket: bucket,
      reason,
    });
  });
});

describe('the thresholds', () => {
  it.each([
    ['0.2499999999', 'COLD', 'PARTIAL_25'],
    ['0.24999999996', 'WARM', 'PARTIAL_75'],
    ['0.25', 'WARM', 'PARTIAL_75'],
    ['0.6499999999', 'WARM', 'PARTIAL_75'],
    ['0.65', 'HOT', 'FULL_CLOSE'],
    ['7', 'HOT', 'FULL_CLOSE'],
  ])('put a heat of %s into %s', (heat, bucket, action) => {
    expect(atHeat(heat)).toMatchObject({ heat_bucket: bucket, calibrated_action: action });
  });

  it('judge the heat that is printed', () => {
    expect(atHeat('0.24999999996').heat_value).toBe('0.25');
  });

  it('are settings', () => {
    const settings = { HEAT_MIN: '0.01', HEAT_MAX: '0.02' };
    expect(calibrated(fullClose, { settings })).toMatchObject({ heat_bucket: 'HOT', calibrated_action: 'FULL_CLOSE' });
  });
});

describe('an action that is no full close', () => {
  it.each([
    ['PARTIAL_75', 'partial_unchanged'],
    ['PARTIAL_50_PROPOSED', 'partial_unchanged'],
    ['PARTIAL_25', 'partial_unchanged'],
    ['HOLD', 'non_full_close_unchanged'],
    ['MOVE_SL', 'non_full_close_unchanged'],
    ['UNKNOWN', 'non_full_close_unchanged'],
    ['BUY', 'non_full_close_unchanged'],
    ['full_close', 'non_full_close_unchanged'],
  ])('%s passes as it is spelled, when the gate fails closed too', (action, reason) => {
    for (const portfolio of [{ equity_usd: '10000' }, null]) {
      expect(calibrated({ ...fullClose, action }, { portfolio })).toMatchObject({ calibrated_action: action, reason });
    }
  });
});

describe('a protective exit', () => {
  it.each([
    [{ reason: 'stop_loss' }, true],
    [{ reason: 'emergency_stop_loss (R=-1.5)' }, true],
    [{ reason: 'SL-Hit' }, true],
    [{ reason: 'the margin call came' }, true],
    [{ reason_codes: 'tp_hit,kill_switch' }, true],
    [{ reason: 'ok', reason_codes: ' Liquidation ' }, true],
    [{ reason: 'tp_hit' }, false],
    [{ reason: 'nonstop_loss' }, false],
    [{ reason: 'stop_lossless' }, false],
    [{ reason: 'stop the loss' }, false],
    [{ reason_codes: 'stop,loss' }, false],
    [{ reason: 'stop', reason_codes: 'loss' }, false],
    [{}, false],
  ])('with %j passes: %s', (why, passes) => {
    const action = passes ? 'FULL_CLOSE' : 'PARTIAL_25';
    const reason = passes ? 'protective_exit_unchanged' : 'portfolio_heat_cold';
    expect(calibrated({ ...fullClose, ...why })).toMatchObject({ calibrated_action: action, reason });
  });

  it('passes when the gate fails closed', () => {
    const entry = { ...fullClose, reason: 'stop_loss' };
    expect(calibrated(entry, { portfolio: null }).calibrated_action).toBe('FULL_CLOSE');
  });

  it('is an exit like every other where the setting is empty', () => {
    const entry = { ...fullClose, reason: 'stop_loss' };
    expect(calibrated(entry, { settings: { P26_PROTECTIVE_REASONS: '' } }).calibrated_action).toBe('PARTIAL_25');
  });

  it('is named by the setting', () => {
    const settings = { P26_PROTECTIVE_REASONS: 'panic exit' };
    expect(calibrated({ ...fullClose, reason: 'panic_exit_now' }, { settings }).calibrated_action).toBe('FULL_CLOSE');
    expect(calibrated({ ...fullClose, reason: 'stop_loss' }, { settings }).calibrated_action).toBe('PARTIAL_25');
  });
});

describe('failing closed', () => {
  const stale = { P26_STATE_MAX_AGE_SEC: '60' };
  const old = { equity_usd: '10000', timestamp: String(NOW_MS / 1000 - 61) };
  const oldBook = { book: [{ ...ETH, atMs: NOW_MS - 900_001 }] };
  const unpriced = { book: [{ symbol: 'ETHUSDT', notional: 1800 }] };

  it.each<[string, HeatWorld]>([
    ['portfolio_state_missing', { portfolio: null }],
    ['portfolio_state_stale', { portfolio: old, settings: stale }],
    ['portfolio_state_stale', { portfolio: { ...old, timestamp: String(NOW_MS / 1000 + 6) }, settings: stale }],
    ['invalid_equity', { portfolio: { drawdown: '0' } }],
    ['invalid_equity', { portfolio: { equity_usd: '' } }],
    ['invalid_equity', { portfolio: { equity_usd: 'abc' } }],
    ['invalid_equity', { portfolio: { equity_usd: 'NaN' } }],
    ['invalid_equity', { portfolio: { equity_usd: '1e400' } }],
    ['invalid_equity', { portfolio: { equity_usd: '0' } }],
    ['invalid_equity', { portfolio: { equity_usd: '-5' } }],
    ['no_positions', { views: {} }],
    ['positions_stale', { views: oldBook }],
    ['nothing_priced', { views: unpriced }],
  ])('for %s softens a full close to a quarter at heat 0: %j', (cause, world) => {
    const outcome = judgeProposal(fullClose, world);
    expect(emitted(outcome, streams.calibrated)).toMatchObject({
      heat_value: '0',
      heat_bucket: 'COLD',
      calibrated_action: 'PARTIAL_25',
      reason: `fail_closed_${cause}`,
    });
    expect(emitted(outcome, streams.heatDecisions)).toMatchObject({ heat_level: 'unknown', reason: cause });
    expect(counted(outcome, 'p26_failures_total', { reason: cause })).toBe(1);
  });

  it.each<[string, HeatWorld]>([
    ['portfolio_state_missing', { portfolio: null, views: {} }],
    ['portfolio_state_stale', { portfolio: { ...old, equity_usd: '0' }, settings: stale, views: {} }],
    ['invalid_equity', { portfolio: { equity_usd: '0' }, views: oldBook }],
  ])('names %s, the first of several causes, and counts no other', (cause, world) => {
    const outcome = judgeProposal(fullClose, world);
    expect(emitted(outcome, streams.heatDecisions).reason).toBe(cause);
    expect(counted(outcome, 'p26_failures_total')).toBe(1);
  });

  it.each(['0', '-0.01'])(
    'passes every exit while a reading that leaves %s is in doubt, however old the state',
    (low) => {
      const portfolio = { ...old, equity_usd: '10000', equity_low_usd: low };
      const outcome = judgeProposal(fullClose, { portfolio, settings: stale });
      expect(emitted(outcome, streams.calibrated)).toMatchObject({
        calibrated_action: fullClose.action,
        reason: 'equity_doubted',
      });
      expect(outcome.decision).toMatchObject({ verdict: 'PASS', reason: 'equity_doubted' });
      expect(JSON.parse(recordOf('heat-gate', outcome, 'enforce').facts)).toMatchObject({
        equity_low_usd: Number(low),
      });
      expect(counted(outcome, 'p26_failures_total', { reason: 'equity_doubted' })).toBe(1);
    },
  );

  it('judges by the smaller of the believed equity and one in doubt', () => {
    const heatOf = (portfolio: Record<string, string>) => calibrated(fullClose, { portfolio }).heat_value;
    const half = heatOf({ equity_usd: '5000' });
    expect(heatOf({ equity_usd: '10000', equity_low_usd: '5000' })).toBe(half);
    expect(heatOf({ equity_usd: '5000', equity_low_usd: '10000' })).toBe(half);
    expect(heatOf({ equity_usd: '5000', equity_low_usd: 'x' })).toBe(half);
  });

  it('does not take a state that is exactly as old as allowed, or has no time, for stale', () => {
    for (const timestamp of [{ timestamp: String(NOW_MS / 1000 - 60) }, {}, { timestamp: 'x' }]) {
      const portfolio = { equity_usd: '10000', ...timestamp };
      expect(calibrated(fullClose, { portfolio, settings: stale }).reason).toBe('portfolio_heat_cold');
    }
  });

  it('does not look at the age of the state where the setting is off', () => {
    expect(calibrated(fullClose, { portfolio: { ...old, timestamp: '1' } }).reason).toBe('portfolio_heat_cold');
  });

  it('is not what a known flat book is: that is cold by merit', () => {
    const outcome = judgeProposal(fullClose, { views: { book: [{ symbol: 'ETHUSDT', notional: 0 }] } });
    expect(emitted(outcome, streams.calibrated)).toMatchObject({ heat_value: '0', reason: 'portfolio_heat_cold' });
    expect(emitted(outcome, streams.heatDecisions)).toMatchObject({ heat_level: 'cold', reason: 'ok' });
    expect(counted(outcome, 'p26_failures_total')).toBe(0);
  });

  it('stays in the range of numbers when the book overflows', () => {
    const views = { book: [{ symbol: 'X', notional: 1e308, sigma: 1e10 }] };
    expect(calibrated(fullClose, { portfolio: { equity_usd: '1e-9' }, views })).toMatchObject({ heat_bucket: 'HOT' });
  });
});

describe('positions that are left out of the sum', () => {
  it.each([
    ['sigma_missing', { symbol: 'XRPUSDT', notional: 500 }],
    ['notional_missing', { symbol: 'XRPUSDT', sigma: 0.1 }],
  ])('are counted as %s once a proposal, and named in debug_json', (gap, position) => {
    const outcome = judgeProposal(fullClose, { views: { book: [ETH, position, { ...position, symbol: 'ADAUSDT' }] } });
    expect(emitted(outcome, streams.calibrated)).toMatchObject({ heat_value: '0.027', reason: 'portfolio_heat_cold' });
    expect(counted(outcome, 'p26_failures_total', { reason: gap })).toBe(1);
    expect(counted(outcome, 'p26_failures_total')).toBe(1);
    const debug = JSON.parse(emitted(outcome, streams.heatDecisions).debug_json ?? '');
    expect(debug.book[gap]).toEqual(['XRPUSDT', 'ADAUSDT']);
  });

  it('are counted beside the cause when nothing is left', () => {
    const outcome = judgeProposal(fullClose, { views: { book: [{ symbol: 'X', notional: 5 }] } });
    expect(counted(outcome, 'p26_failures_total', { reason: 'nothing_priced' })).toBe(1);
    expect(counted(outcome, 'p26_failures_total', { reason: 'sigma_missing' })).toBe(1);
  });
});
