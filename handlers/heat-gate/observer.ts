import { type HeatSettings, heatBuckets } from '../../schemas/heat-gate.ts';
import { keys, streams } from '../../schemas/keys.ts';
import { formatNumber } from '../../schemas/number.ts';
import { type HeatFacts, heatReadsOf, type PortfolioHeat, portfolioHeat } from '../common/portfolio-heat.ts';
import { type ObserverCtx, observer } from '../contract/handler.ts';

/** The heat gauges and the lines of the start (contract §1, Metrics; the words that operators grep for). */
export const heatObserver = observer({
  reads: (settings: HeatSettings) => heatReadsOf(settings),
  gauges: (ctx) => {
    const { heat, bucket } = heatNow(ctx);
    return [
      { metric: 'p26_heat_value', set: heat },
      ...heatBuckets.map((state) => ({ metric: 'p26_bucket', labels: { state }, set: state === bucket ? 1 : 0 })),
      { metric: 'p26_enforce_mode', set: ctx.mode === 'enforce' ? 1 : 0 },
      { metric: 'portfolio_heat_composite_normalized', set: Math.min(heat, 1) },
    ];
  },
  startLines: (ctx, outputPrefix) => [
    'P2.6 Portfolio Heat Gate - Hedge Fund OS',
    `Mode: ${ctx.mode.toUpperCase()}`,
    `Heat Thresholds: COLD < ${formatNumber(ctx.settings.HEAT_MIN)} < WARM < ${formatNumber(ctx.settings.HEAT_MAX)} < HOT`,
    `Input: ${ctx.portfolio}:${keys.stream(streams.proposals)}`,
    `Output: ${outputPrefix}:${keys.stream(streams.calibrated)}`,
    'Portfolio Heat Gate started',
    initialHeat(heatNow(ctx)),
  ],
});

function heatNow(ctx: ObserverCtx<HeatSettings, HeatFacts>): PortfolioHeat {
  return portfolioHeat(ctx.facts, ctx.settings, ctx.nowMs);
}

function initialHeat({ heat, bucket, cause }: PortfolioHeat): string {
  const line = `Initial Portfolio Heat: ${heat.toFixed(4)} (${bucket})`;
  return cause === undefined ? line : `${line}, unknown: ${cause}`;
}
