import { HarvestProposal } from '../../schemas/harvest.ts';
import { HeatSettings, heatPolicySettings, heatSettingNames } from '../../schemas/heat-gate.ts';
import { riskModeNames } from '../../schemas/judged-figures.ts';
import { keys, streams } from '../../schemas/keys.ts';
import { heatReadsOf } from '../common/portfolio-heat.ts';
import { defineHandler, stream } from '../contract/handler.ts';
import { jointExit } from './joint.ts';
import { basisOf, failedBasis, judgeExit } from './judge.ts';
import { heatGateMetrics } from './metrics.ts';
import { heatModeSpec } from './modes.ts';
import { heatObserver } from './observer.ts';
import { gateOutcome } from './outcome.ts';
import { exitReading } from './reading.ts';
import { rejudgeExit } from './rejudge.ts';
import { heatGateStreams, proposalWords } from './streams.ts';
import { exitWhatIf } from './what-if.ts';
import { exitChecks, exitReasons } from './words.ts';

export default defineHandler({
  name: 'heat-gate',
  gate: 'heat-gate',
  summary: 'Softens full closes while the portfolio is not hot, and never makes an exit more aggressive.',
  on: stream<HeatSettings>(streams.proposals, { group: 'p26_heat_gate' }),
  message: HarvestProposal,
  settings: HeatSettings,
  settingNames: heatSettingNames,
  policySettings: heatPolicySettings,
  policyBeside: riskModeNames,
  modes: heatModeSpec,
  stage: 1,
  input: proposalWords,
  usedWhen: 'exits_softened',
  outputs: heatGateStreams,
  writesInto: [keys.liveProposal('')],
  metrics: heatGateMetrics,
  listeners: [
    {
      role: 'p26',
      setting: 'P26_METRICS_PORT',
      port: 8056,
      serves: ['metrics', 'health'],
      sign: { path: '/metrics', text: 'p26_' },
    },
  ],
  health: { tells: 'lanes', service: 'p2.6-portfolio-heat-gate' },
  reads: (_proposal, settings) => heatReadsOf(settings),
  handle(proposal, ctx) {
    const { facts, settings } = ctx;
    const basis = basisOf(facts, settings, ctx.nowMs, ctx.mode);
    const judgment = judgeExit(proposal, basis.heat, settings);
    return gateOutcome({ proposal, basis, judgment }, ctx, facts.book);
  },
  rejudge: rejudgeExit,
  joint: jointExit,
  reading: exitReading,
  whatIf: exitWhatIf,
  reasons: exitReasons,
  checks: exitChecks,
  onFailure(proposal, failure, ctx) {
    const basis = failedBasis(failure, ctx.settings, ctx.mode);
    const judgment = judgeExit(proposal, basis.heat, ctx.settings);
    return gateOutcome({ proposal, basis, judgment }, ctx, undefined);
  },
  observe: heatObserver,
});
