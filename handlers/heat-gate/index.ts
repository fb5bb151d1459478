import { HarvestProposal } from '../../schemas/harvest.ts';
import { HeatSettings, heatModes, heatPolicySettings, heatSettingNames } from '../../schemas/heat-gate.ts';
import { streams } from '../../schemas/keys.ts';
import { heatReads } from '../common/portfolio-heat.ts';
import { defineHandler, stream } from '../contract/handler.ts';
import { basisOf, failedBasis } from './basis.ts';
import { judgeExit } from './judge.ts';
import { heatGateMetrics } from './metrics.ts';
import { heatObserver } from './observer.ts';
import { gateOutcome } from './outcome.ts';
import { rejudgeExit } from './rejudge.ts';

export default defineHandler({
  name: 'heat-gate',
  gate: 'heat-gate',
  summary: 'Softens full closes while the portfolio is not hot, and never makes an exit more aggressive.',
  on: stream<HeatSettings>(streams.proposals, { group: 'p26_heat_gate' }),
  message: HarvestProposal,
  settings: HeatSettings,
  settingNames: heatSettingNames,
  policySettings: heatPolicySettings,
  modes: { settings: ['P26_MODE'], values: heatModes, initial: 'shadow' },
  metrics: heatGateMetrics,
  reads: () => heatReads,
  handle(proposal, ctx) {
    const { facts, settings } = ctx;
    const basis = basisOf(facts, settings, ctx.nowMs, ctx.mode);
    const judgment = judgeExit(proposal, basis.heat, settings);
    return gateOutcome({ proposal, basis, judgment }, ctx, facts.book);
  },
  rejudge: rejudgeExit,
  onFailure(proposal, failure, ctx) {
    const basis = failedBasis(failure, ctx.settings, ctx.mode);
    const judgment = judgeExit(proposal, basis.heat, ctx.settings);
    return gateOutcome({ proposal, basis, judgment }, ctx, undefined);
  },
  observe: heatObserver,
});
