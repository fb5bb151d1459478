import { describe, expect, it } from 'vitest';
import heatBridge from '../../handlers/heat-bridge.ts';
import { streams } from '../../schemas/keys.ts';
import { parseSnapshot } from '../../schemas/position.ts';
import { judge } from '../support/fake-ctx.ts';
import { ETH, emitted, hashWrite, judgeProposal } from '../support/heat.ts';
import { liveSample } from '../support/live.ts';

const proposal = liveSample('harvest.proposal');
const portfolio = { ...liveSample('hash.state-portfolio').fields };

describe('samples of the live system', () => {
  it('a proposal is judged by the heat of that moment: cold, softened, written plain', () => {
    const views = { book: [{ ...ETH, atMs: 1_771_294_976_000 }] };
    const around = { portfolio, views, sourceId: proposal.id, mode: 'enforce', nowMs: 1_771_294_976_300 };
    const outcome = judgeProposal({ ...proposal.fields }, around);
    expect(emitted(outcome, streams.calibrated)).toMatchObject({
      plan_id: '8188151ac8e76b73',
      original_action: 'FULL_CLOSE_PROPOSED',
      calibrated_action: 'PARTIAL_25',
      heat_value: '0.0691830507',
      reason: 'portfolio_heat_cold',
    });
    expect(emitted(outcome, streams.heatDecisions).out_action).toBe('PARTIAL_25_PROPOSED');
    expect(hashWrite(outcome)).toMatchObject({ unlessNewer: { atMs: 1_771_294_976_000 } });
  });

  it('a proposal is judged on a live snapshot and a live market state', () => {
    const { id, fields } = liveSample('position.snapshot');
    const position = parseSnapshot(id, fields);
    const hashes = { marketstate: { A2ZUSDT: { ...liveSample('hash.marketstate').fields } } };
    const views = { book: position === undefined ? [] : [position], hashes };
    const outcome = judgeProposal({ ...proposal.fields }, { portfolio, views, nowMs: 1_771_362_499_000 });
    expect(emitted(outcome, streams.calibrated)).toMatchObject({ heat_value: '0.0130602132', heat_bucket: 'COLD' });
    expect(emitted(outcome, streams.heatDecisions)).toMatchObject({ heat_level: 'cold', reason: 'ok' });
  });

  it('a portfolio state of the stream is one that the gate can use', () => {
    const state = { ...liveSample('portfolio.state').fields };
    const outcome = judgeProposal({ ...proposal.fields }, { portfolio: state });
    expect(emitted(outcome, streams.heatDecisions).reason).toBe('ok');
  });

  it('an entry with the 13 fields of a heat decision is bridged', () => {
    const { action: _action, ...thirteen } = { ...proposal.fields };
    const outcome = judge(heatBridge, { ...proposal.fields }, { facts: {}, sourceId: proposal.id });
    expect(outcome.effects[0]).toMatchObject({ key: 'harvest:heat:by_plan:8188151ac8e76b73', fields: thirteen });
  });
});
