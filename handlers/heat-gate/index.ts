import { HarvestProposal } from '../../schemas/harvest.ts';
import { HeatSettings, heatModes, heatSettingNames } from '../../schemas/heat-gate.ts';
import { toJson } from '../../schemas/json.ts';
import { streams } from '../../schemas/keys.ts';
import { defineHandler, stream } from '../common/handler.ts';
import { heatReads, portfolioHeat, unknownHeat } from '../common/portfolio-heat.ts';
import { judgeExit } from './judge.ts';
import { heatGateMetrics } from './metrics.ts';
import { heatObserver } from './observer.ts';
import { figuresJson, gateOutcome, withBook } from './outcome.ts';

const FAILURE_TEXT_AT_MOST = 200;

export default defineHandler({
  name: 'heat-gate',
  gate: 'heat-gate',
  summary: 'Softens full closes while the portfolio is not hot, and never makes an exit more aggressive.',
  on: stream<HeatSettings>(streams.proposals, { group: 'p26_heat_gate' }),
  message: HarvestProposal,
  settings: HeatSettings,
  settingNames: heatSettingNames,
  modes: { settings: ['P26_MODE'], values: heatModes, initial: 'shadow' },
  metrics: heatGateMetrics,
  reads: () => heatReads,
  handle(proposal, ctx) {
    const { facts, settings } = ctx;
    const heat = portfolioHeat(facts, settings, ctx.nowMs);
    const judgment = judgeExit(proposal, heat, settings);
    const figures = figuresJson(heat, settings);
    const debugJson = withBook(figures, facts.book.totalsJson);
    const factsJson = withBook(figures, facts.book.factsJson);
    return gateOutcome({ proposal, heat, judgment, debugJson }, settings, ctx, facts.book, factsJson);
  },
  onFailure(proposal, failure, ctx) {
    const heat = unknownHeat('handler_failed');
    const judgment = judgeExit(proposal, heat, ctx.settings);
    const debugJson = toJson({ failure: failure.reason.slice(0, FAILURE_TEXT_AT_MOST), attempts: failure.attempts });
    return gateOutcome({ proposal, heat, judgment, debugJson }, ctx.settings, ctx, undefined, debugJson);
  },
  observe: heatObserver,
});
