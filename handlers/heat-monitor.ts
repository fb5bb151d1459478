import { timestamp } from '../schemas/api/streams/described.ts';
import { reportedFigures } from '../schemas/book-risk.ts';
import { HeatSettings, heatPolicySettings, heatSettingNames } from '../schemas/heat-gate.ts';
import { riskModeNames } from '../schemas/judged-figures.ts';
import { keys, streams } from '../schemas/keys.ts';
import { formatNumber, round10 } from '../schemas/number.ts';
import { Tick } from '../schemas/tick.ts';
import { timeOf, toEpochSeconds } from '../schemas/time.ts';
import type { Fields } from '../schemas/wire.ts';
import { figureNow } from './common/book-risk/judged.ts';
import { heatReadsOf, heatReason, type PortfolioHeat, portfolioHeat } from './common/portfolio-heat.ts';
import { type Effect, nothing } from './contract/effects.ts';
import { defineHandler, every } from './contract/handler.ts';
import { type HashFact, hash } from './contract/reads.ts';

const FRESH_WITHIN_MS = 10_000;
const SHORTEST_MS = 100;
const HISTORY_EVERY_MS = 10_000;

const published = hash(keys.heatState);

export default defineHandler({
  name: 'heat-monitor',
  gate: 'heat-gate',
  summary: 'Keeps the published heat of the portfolio fresh when no proposal arrives, and its history.',
  on: every<HeatSettings>(({ P26_POLL_SEC }) => Math.max(SHORTEST_MS, Math.min(P26_POLL_SEC * 1000, FRESH_WITHIN_MS))),
  message: Tick,
  settings: HeatSettings,
  settingNames: heatSettingNames,
  policySettings: heatPolicySettings,
  policyBeside: riskModeNames,
  outputs: [
    {
      direction: 'out',
      name: streams.heatHistory,
      summary: 'The heat over time: every 10 s, and at every change of bucket or reason',
      writers: 'Heat monitor',
      readers: 'Dashboards',
      fields: {
        heat: 'The heat; 0 while it is not known',
        bucket: '`COLD`, `WARM` or `HOT`',
        reason: 'Such as `portfolio_heat_cold` or `fail_closed_no_positions`',
        equity_usd: 'US dollars; empty while it is not known',
        gross_notional_usd: 'US dollars of all positions, long and short; empty while it is not known',
        timestamp,
      },
    },
  ],
  metrics: [],
  reads: (_tick, settings) => ({
    ...heatReadsOf(settings),
    ...(reportedFigures(settings).length > 0 && { risk: hash(keys.riskState) }),
    published,
  }),
  handle(_tick, ctx) {
    const heat = portfolioHeat(ctx.facts, ctx.settings, ctx.nowMs);
    const fields = {
      heat: formatNumber(heat.heat),
      bucket: heat.bucket,
      reason: heatReason(heat),
      equity_usd: heat.equityUsd === undefined ? '' : formatNumber(heat.equityUsd),
      timestamp: toEpochSeconds(ctx.nowMs),
    };
    const figures = figureFields(ctx.facts.risk, heat, ctx);
    const published: Effect = { do: 'hset', key: keys.heatState, fields: { ...fields, ...figures }, scope: 'shared' };
    if (!isNews(ctx.facts.published.fields, fields.reason, ctx.nowMs)) return { effects: [published] };
    const kept = { ...fields, gross_notional_usd: figureText(ctx.facts.book.grossUsd) };
    return { effects: [published, { do: 'emit', stream: streams.heatHistory, fields: kept }] };
  },
  /** Nothing is written: readers tell by the timestamp that the heat is no longer fresh. */
  onFailure: () => nothing,
});

/** The figures of the book's risk that are on, and the heat that is judged by where one of them judges; empty: not known. */
function figureFields(
  risk: HashFact | undefined,
  heat: PortfolioHeat,
  { settings, nowMs }: { readonly settings: HeatSettings; readonly nowMs: number },
): Record<string, string> {
  const told = reportedFigures(settings).map((figure) => [figure, figureText(figureNow(risk, figure, nowMs))] as const);
  const judged = heat.risk === undefined ? {} : { judged_heat: figureText(heat.risk.heat) };
  return { ...Object.fromEntries(told), ...judged };
}

function figureText(value: number | undefined): string {
  return value === undefined ? '' : formatNumber(round10(value));
}

/** Whether the history lacks this heat: of each ten seconds it has the first, and every change of the reason, which names the bucket. */
function isNews(before: Fields | null, reason: string, nowMs: number): boolean {
  const beforeMs = before === null ? undefined : timeOf(before);
  if (beforeMs === undefined || before?.reason !== reason) return true;
  return Math.floor(beforeMs / HISTORY_EVERY_MS) !== Math.floor(nowMs / HISTORY_EVERY_MS);
}
