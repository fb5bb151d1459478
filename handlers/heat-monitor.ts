import { HeatSettings, heatPolicySettings, heatSettingNames } from '../schemas/heat-gate.ts';
import { keys } from '../schemas/keys.ts';
import { formatNumber } from '../schemas/number.ts';
import { Tick } from '../schemas/tick.ts';
import { toEpochSeconds } from '../schemas/time.ts';
import { nothing } from './common/effects.ts';
import { defineHandler, every } from './common/handler.ts';
import { heatReads, heatReason, portfolioHeat } from './common/portfolio-heat.ts';

const FRESH_WITHIN_MS = 10_000;
const SHORTEST_MS = 100;

export default defineHandler({
  name: 'heat-monitor',
  gate: 'heat-gate',
  summary: 'Keeps the published heat of the portfolio fresh when no proposal arrives.',
  on: every<HeatSettings>(({ P26_POLL_SEC }) => Math.max(SHORTEST_MS, Math.min(P26_POLL_SEC * 1000, FRESH_WITHIN_MS))),
  message: Tick,
  settings: HeatSettings,
  settingNames: heatSettingNames,
  policySettings: heatPolicySettings,
  metrics: [],
  reads: () => heatReads,
  handle(_tick, ctx) {
    const heat = portfolioHeat(ctx.facts, ctx.settings, ctx.nowMs);
    const fields = {
      heat: formatNumber(heat.heat),
      bucket: heat.bucket,
      reason: heatReason(heat),
      equity_usd: heat.equityUsd === undefined ? '' : formatNumber(heat.equityUsd),
      timestamp: toEpochSeconds(ctx.nowMs),
    };
    return { effects: [{ do: 'hset', key: keys.heatState, fields, scope: 'shared' }] };
  },
  /** Nothing is written: readers tell by the timestamp that the heat is no longer fresh. */
  onFailure: () => nothing,
});
