import { DEFAULT_BATCH } from '../../../runtime/engine/lane/reader.ts';
import type { Portfolio } from '../../../runtime/settings/portfolio.ts';
import { heatDecisionFields } from '../../../schemas/harvest.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { liveFields, nowSeconds, planId, type Workload } from './workload.ts';
import { symbolOf } from './world.ts';

const SYMBOLS = 47;
const LOOKUP_TTL_SEC = 1800;
const DEDUPE_TTL_SEC = 120;

/** HeatBridge on the live heat decision, each of another plan, in 47 symbols. */
export function heatBridgeWorkload(portfolio: Portfolio): Workload {
  const sample = liveFields('harvest.proposal');
  return {
    gate: 'heat-bridge',
    portfolio,
    stream: portfolio.streamKey(streams.heatDecisions),
    group: 'heat_bridge',
    units: 1,
    warmUp: 6000,
    batch: DEFAULT_BATCH,
    env: {},
    outputs: [],
    idField: 'plan_id',
    jobWritesAll: false,
    seed: async () => undefined,
    entry: (index) => {
      const entry: Readonly<Record<string, string>> = {
        ...sample,
        plan_id: planId(index),
        symbol: symbolOf(index, SYMBOLS),
        ts_epoch: nowSeconds(),
      };
      return heatDecisionFields.flatMap((name) => [name, entry[name] ?? '']);
    },
    reads: ({ plan_id = '' }) => [['EXISTS', portfolio.key(keys.bridgeDedupe(plan_id))]],
    writes: (_id, fields) => {
      const { plan_id = '', symbol = '' } = fields;
      const flat = heatDecisionFields.flatMap((name) => [name, fields[name] ?? '']);
      const [byPlan, latest] = [portfolio.key(keys.heatByPlan(plan_id)), portfolio.key(keys.heatLatest(symbol))];
      return [
        ['HSET', byPlan, ...flat],
        ['EXPIRE', byPlan, LOOKUP_TTL_SEC],
        ['HSET', latest, ...flat, 'last_plan_id', plan_id],
        ['EXPIRE', latest, LOOKUP_TTL_SEC],
        ['SET', portfolio.key(keys.heatLatestPlan(symbol)), plan_id, 'EX', LOOKUP_TTL_SEC],
        ['SET', portfolio.key(keys.bridgeDedupe(plan_id)), '1', 'EX', DEDUPE_TTL_SEC],
      ];
    },
  };
}
