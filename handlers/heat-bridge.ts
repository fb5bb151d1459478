import { heatDecisionFields } from '../schemas/harvest.ts';
import {
  bridgeKinds,
  bridgeStages,
  HeatBridgeSettings,
  HeatDecisionMessage,
  heatBridgeSettingNames,
} from '../schemas/heat-bridge.ts';
import { keys, streams } from '../schemas/keys.ts';
import { parseTimeMs, streamIdMs, timeOf } from '../schemas/time.ts';
import type { Fields } from '../schemas/wire.ts';
import type { Count, Effect } from './contract/effects.ts';
import { defineHandler, type FailureCtx, stream } from './contract/handler.ts';

type BridgeCtx = FailureCtx<HeatBridgeSettings>;

export default defineHandler({
  name: 'heat-bridge',
  gate: 'heat-bridge',
  decides: false,
  summary: 'Keeps each heat decision where it can be looked up by plan and by symbol, and touches nothing else.',
  on: stream<HeatBridgeSettings>(streams.heatDecisions, {
    group: 'heat_bridge',
    overrides: { stream: 'P27_STREAM_IN', group: 'P27_GROUP', consumer: 'P27_CONSUMER' },
  }),
  message: HeatDecisionMessage,
  settings: HeatBridgeSettings,
  settingNames: heatBridgeSettingNames,
  stage: 2,
  listeners: [
    {
      role: 'p27Metrics',
      setting: 'P27_METRICS_PORT',
      port: 8070,
      serves: ['metrics'],
      sign: { path: '/metrics', text: 'p27_' },
    },
    {
      role: 'p27Health',
      setting: 'P27_HEALTH_PORT',
      port: 8071,
      serves: ['health'],
      sign: { path: '/health', text: 'last_loop_ms' },
    },
  ],
  health: { tells: 'progress', service: '' },
  withoutModes: 'all it ever writes are lookups',
  lookups: [
    {
      key: keys.heatByPlan('{plan_id}'),
      kind: 'hash',
      holds: 'the heat decision about the plan',
      keptFor: 'P27_TTL_PLAN_SEC',
      told: 'HeatBridge keeps it for lookup',
      of: 'heat-gate',
    },
    {
      key: keys.heatLatest('{symbol}'),
      kind: 'hash',
      holds: 'the newest heat decision about the symbol',
      keptFor: 'P27_TTL_SYMBOL_SEC',
    },
    {
      key: keys.heatLatestPlan('{symbol}'),
      kind: 'string',
      holds: 'the plan id of that decision',
      keptFor: 'P27_TTL_SYMBOL_SEC',
    },
  ],
  logLevel: (settings) => settings.P27_LOG_LEVEL,
  pollMs: (settings) => settings.P27_POLL_MS,
  laneCounts: {
    turn: [{ metric: 'p27_loops_total' }],
    readFailed: [errorAt('read')],
    writeFailed: [errorAt('write')],
    unreadable: [{ metric: 'p27_in_messages_total' }, errorAt('read')],
  },
  metrics: [
    { name: 'p27_loops_total', type: 'counter', help: 'Turns of the reading loop' },
    { name: 'p27_in_messages_total', type: 'counter', help: 'Heat decisions read, duplicates included' },
    {
      name: 'p27_written_total',
      type: 'counter',
      help: 'Lookups written',
      labels: ['kind'],
      initial: bridgeKinds.map((kind) => ({ kind })),
    },
    {
      name: 'p27_dedupe_skips_total',
      type: 'counter',
      help: 'Heat decisions skipped because their plan was just seen',
    },
    {
      name: 'p27_errors_total',
      type: 'counter',
      help: 'Errors by stage',
      labels: ['stage'],
      initial: bridgeStages.map((stage) => ({ stage })),
    },
    {
      name: 'p27_lag_ms',
      type: 'gauge',
      acrossPortfolios: 'max',
      kept: true,
      help: 'Milliseconds from the ts_epoch of the last heat decision to its being read',
    },
    {
      name: 'p27_last_ts_epoch',
      type: 'gauge',
      kept: true,
      help: 'Unix seconds: ts_epoch of the last heat decision',
    },
  ],
  reads: () => ({}),
  handle(message, ctx) {
    const seen = seenCounts(ctx);
    return {
      effects: lookups(message, ctx),
      counts: [...seen, ...bridgeKinds.map((kind) => ({ metric: 'p27_written_total', labels: { kind } }))],
      dedupe: {
        key: keys.bridgeDedupe(message.planId),
        ttlSec: ctx.settings.P27_DEDUPE_TTL_SEC,
        counts: [...seen, { metric: 'p27_dedupe_skips_total' }],
      },
    };
  },
  onFailure: (_message, _failure, ctx) => ({
    effects: [],
    counts: [...seenCounts(ctx), errorAt('write')],
  }),
});

function lookups({ planId, symbol }: HeatDecisionMessage, ctx: BridgeCtx): readonly Effect[] {
  const { P27_TTL_PLAN_SEC, P27_TTL_SYMBOL_SEC } = ctx.settings;
  const fields = decisionFields(ctx.source);
  const latest = decisionFields(ctx.source);
  latest.last_plan_id = planId;
  return [
    { do: 'hset', key: keys.heatByPlan(planId), fields, ttlSec: P27_TTL_PLAN_SEC, replace: true },
    {
      do: 'hset',
      key: keys.heatLatest(symbol),
      fields: latest,
      ttlSec: P27_TTL_SYMBOL_SEC,
      replace: true,
      ifNewer: true,
    },
    { do: 'set', key: keys.heatLatestPlan(symbol), value: planId, ttlSec: P27_TTL_SYMBOL_SEC, ifNewer: true },
  ];
}

function errorAt(stage: (typeof bridgeStages)[number]): Count {
  return { metric: 'p27_errors_total', labels: { stage } };
}

function decisionFields(source: Fields): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const name of heatDecisionFields) fields[name] = source[name] ?? '';
  return fields;
}

function seenCounts(ctx: BridgeCtx): readonly Count[] {
  const atMs = parseTimeMs(ctx.source.ts_epoch) ?? timeOf(ctx.source) ?? streamIdMs(ctx.sourceId);
  return [
    { metric: 'p27_in_messages_total' },
    { metric: 'p27_lag_ms', set: ctx.nowMs - atMs },
    { metric: 'p27_last_ts_epoch', set: Math.floor(atMs / 1000) },
  ];
}
