import { reportedFigures } from '../../schemas/book-risk.ts';
import {
  ClusterRequest,
  ClusterStressSettings,
  clusterStressSettingNames,
  type ClusterStressSettings as Settings,
} from '../../schemas/cluster-stress.ts';
import { families, keys, streams } from '../../schemas/keys.ts';
import { exposureOf } from '../common/exposure.ts';
import { knownExposure } from '../common/known-exposure.ts';
import { clustersOf } from '../common/statistics/clusters.ts';
import { nothing, type Outcome } from '../contract/effects.ts';
import { type Ctx, defineHandler, stream } from '../contract/handler.ts';
import {
  type Computed,
  computed,
  type FactsOf,
  type HashFact,
  hash,
  type Read,
  type Views,
} from '../contract/reads.ts';
import { heldSides, withRisk } from './book-risk.ts';
import { outcomeOf, SOURCE } from './outcome.ts';
import { companionOf, type Grouped, grouped } from './series.ts';

const reads = {
  exposure: computed(exposureOf),
  state: hash(keys.portfolioState),
  missing: hash(keys.clusterMissing),
  written: computed(ownClusters),
};

/** Read only while a figure of the book's risk is reported. */
const riskReads = { sides: computed(heldSides) };

type Reads = typeof reads & Partial<typeof riskReads> & { readonly [candles: `candles ${string}`]: Read<HashFact> };
type ClusterCtx = Ctx<Settings, FactsOf<Reads>>;

const NOTHING_STORED: HashFact = { fields: null, wrongType: false };

export default defineHandler<ClusterRequest, Settings, Reads>({
  name: 'cluster-stress',
  gate: 'feeds',
  decides: false,
  summary: 'Groups the held symbols by how their prices move together and says how much of one bet each group is.',
  on: stream(streams.feedCluster, { group: 'cluster_stress' }),
  message: ClusterRequest,
  settings: ClusterStressSettings,
  settingNames: clusterStressSettingNames,
  input: {
    summary: 'Requests to group symbols by their candles',
    fields: { 'symbols?': 'With blanks between them', interval: 'Length of a candle' },
    writers: 'Portcullis',
    readers: '',
    internal: true,
    more: true,
  },
  batch: 1,
  metrics: [
    { name: 'feed_clusters', type: 'gauge', help: 'Groups of held symbols that move together' },
    { name: 'feed_cluster_stress_max', type: 'gauge', help: 'The largest stress of a cluster, 0 to 1' },
    {
      name: 'feed_cluster_missing',
      type: 'gauge',
      help: 'Held symbols that are in no cluster',
      labels: ['reason'],
    },
    {
      name: 'feed_book_risk',
      type: 'gauge',
      help: "A figure of the book's risk, in parts of equity; absent while it is not known",
      labels: ['figure'],
    },
    { name: 'feed_cluster_write_fail_total', type: 'counter', help: 'Hashes that could not be written' },
  ],
  reads: ({ symbols, interval }, settings) => ({
    ...reads,
    ...(reportedFigures(settings).length > 0 && riskReads),
    ...Object.fromEntries(symbols.map((symbol) => [nameOf(symbol), hash(keys.candles(symbol, interval))])),
  }),
  handle: judge,
  /** What was written before stays until its time to live is over. */
  onFailure: () => nothing,
});

function judge(request: ClusterRequest, ctx: ClusterCtx): Outcome {
  const { facts, settings, nowMs } = ctx;
  const exposure = knownExposure(facts.exposure, facts.state, settings, nowMs);
  const candles = (symbol: string) => facts[nameOf(symbol)] ?? NOTHING_STORED;
  const groups = grouped(request, { candles, reportOf: exposure.reportOf }, settings, nowMs);
  const grossUsd = exposure.grossNotionalUsd;
  const clusters = clustersOf(groups.holdings, grossUsd, groups.correlationOf, settings.CLUSTER_THRESHOLD);
  const idOf = new Map(clusters.flatMap(({ id, symbols }) => symbols.map((symbol) => [symbol, id])));
  const joining = joiningOf(groups, idOf, settings.CLUSTER_THRESHOLD);
  const written = { clusters: facts.written, missing: facts.missing.fields };
  const outcome = outcomeOf({ clusters, joining, missing: groups.missing, grossUsd }, written, settings, nowMs);
  const sides = facts.sides ?? new Map();
  return withRisk(
    outcome,
    { symbols: request.symbols, exposure, state: facts.state, sides, series: groups.series },
    ctx,
  );
}

function joiningOf(groups: Grouped, idOf: ReadonlyMap<string, string>, threshold: number): Map<string, string> {
  const joining = new Map<string, string>();
  for (const candidate of groups.candidates) {
    const companion = companionOf(candidate, groups, threshold);
    const id = companion === undefined ? undefined : idOf.get(companion);
    if (id !== undefined) joining.set(candidate, id);
  }
  return joining;
}

function ownClusters(views: Views): Computed<readonly string[]> {
  const stresses = views.hashes(families.clusterStress);
  const value = [...stresses.names()].filter((id) => stresses.get(id)?.source === SOURCE);
  return { value, validUntilMs: Number.POSITIVE_INFINITY };
}

function nameOf(symbol: string): `candles ${string}` {
  return `candles ${symbol}`;
}
