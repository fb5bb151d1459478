import { heatDecisionFields } from '../../../schemas/harvest.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { liveFields, nowSeconds, planId, type Workload } from './workload.ts';
import { own, ownStream, symbolOf } from './world.ts';

const SYMBOLS = 47;
const LOOKUP_TTL_SEC = 1800;
const DEDUPE_TTL_SEC = 120;

/** HeatBridge on the live heat decision, each of another plan, in 47 symbols. */
export function heatBridgeWorkload(): Workload {
  const sample = liveFields('harvest.proposal');
  return {
    gate: 'heat-bridge',
    stream: ownStream(streams.heatDecisions),
    group: 'heat_bridge',
    units: 1,
    messages: { warmUp: 4000, counted: 5000 },
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
    reads: ({ plan_id = '' }) => [['EXISTS', own(keys.bridgeDedupe(plan_id))]],
    writes: (_id, fields) => {
      const { plan_id = '', symbol = '' } = fields;
      const flat = heatDecisionFields.flatMap((name) => [name, fields[name] ?? '']);
      const [byPlan, latest] = [own(keys.heatByPlan(plan_id)), own(keys.heatLatest(symbol))];
      return [
        ['HSET', byPlan, ...flat],
        ['EXPIRE', byPlan, LOOKUP_TTL_SEC],
        ['HSET', latest, ...flat, 'last_plan_id', plan_id],
        ['EXPIRE', latest, LOOKUP_TTL_SEC],
        ['SET', own(keys.heatLatestPlan(symbol)), plan_id, 'EX', LOOKUP_TTL_SEC],
        ['SET', own(keys.bridgeDedupe(plan_id)), '1', 'EX', DEDUPE_TTL_SEC],
      ];
    },
  };
}
