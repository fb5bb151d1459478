import {
  type ClusterGap,
  type ClusterReason,
  type ClusterStressSettings,
  type ClusterVerdict,
  clusterGaps,
} from '../../schemas/cluster-stress.ts';
import { toJson } from '../../schemas/json.ts';
import { keys } from '../../schemas/keys.ts';
import { formatNumber } from '../../schemas/number.ts';
import { formatSymbols } from '../../schemas/risk-governor.ts';
import { toEpochSeconds } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import type { Cluster } from '../common/statistics/clusters.ts';
import type { Count, Decision, Effect, LogLine, Outcome } from '../contract/effects.ts';

/** Who wrote a stress: only hashes of this source are taken away. */
export const SOURCE = 'portcullis';

const SHOWN = 64;
const SYMBOLS_LOGGED = 5;

/** What an entry was found to mean. */
export interface Findings {
  readonly clusters: readonly Cluster[];
  /** Symbols that are not held → the id of the cluster they would join. */
  readonly joining: ReadonlyMap<string, string>;
  /** Held symbols in no cluster. */
  readonly missing: ReadonlyMap<string, ClusterGap>;
  /** Gross notional of all positions, US dollars. */
  readonly grossUsd: number;
}

/** What is in Redis of an earlier entry. */
export interface Written {
  /** Ids of the clusters whose stress is ours. */
  readonly clusters: readonly string[];
  /** Symbols in no cluster → why. */
  readonly missing: Fields | null;
}

/** The map, a stress for each cluster, nothing of what is gone, and what is missing, said once. */
export function outcomeOf(
  findings: Findings,
  written: Written,
  settings: ClusterStressSettings,
  nowMs: number,
): Outcome {
  const { clusters } = findings;
  const now = new Set(clusters.map(({ id }) => id));
  return {
    decision: decisionOf(findings, settings),
    effects: [
      ...clusters.map((cluster) => stressHash(cluster, settings, nowMs)),
      ...written.clusters.filter((id) => !now.has(id)).map((id) => gone(keys.clusterStress(id))),
      replaced(keys.clusterMap, mapOf(findings), settings),
      replaced(keys.clusterMissing, Object.fromEntries(findings.missing), settings),
    ],
    counts: countsOf(findings),
    log: [...missingLines(findings.missing, written.missing)],
  };
}

function stressHash(cluster: Cluster, settings: ClusterStressSettings, nowMs: number): Effect {
  const fields = {
    stress: formatNumber(cluster.stress),
    symbols: formatSymbols(cluster.symbols),
    notional: formatNumber(cluster.notionalUsd),
    correlation: formatNumber(cluster.correlation),
    share: formatNumber(cluster.share),
    source: SOURCE,
    timestamp: toEpochSeconds(nowMs),
  };
  return replaced(keys.clusterStress(cluster.id), fields, settings);
}

function mapOf({ clusters, joining }: Findings): Record<string, string> {
  const own = clusters.flatMap(({ id, symbols }) => symbols.map((symbol) => [symbol, id] as const));
  return Object.fromEntries([...own, ...joining]);
}

/** A hash of exactly these fields, or none; one of another type is somebody else's and is left alone, counted. */
export function replaced(
  key: string,
  fields: Readonly<Record<string, string>>,
  settings: ClusterStressSettings,
): Effect {
  if (Object.keys(fields).length === 0) return gone(key);
  return {
    do: 'hset',
    key,
    fields,
    ttlSec: settings.CLUSTER_TTL_SEC,
    replace: true,
    ifNewer: true,
    bestEffort: {
      failed: [{ metric: 'feed_cluster_write_fail_total' }],
      warning: `cluster stress: ${key} could not be written: is it a hash?`,
    },
  };
}

function gone(key: string): Effect {
  return { do: 'del', key, ifNewer: true };
}

function decisionOf({ clusters, missing, joining, grossUsd }: Findings, settings: ClusterStressSettings): Decision {
  const verdict: ClusterVerdict = clusters.length === 0 ? 'NO_CLUSTERS' : 'CLUSTERS';
  const facts = {
    gross_notional_usd: grossUsd,
    threshold: settings.CLUSTER_THRESHOLD,
    clusters: clusters.length,
    largest: mostStressed(clusters).map(({ id, symbols, notionalUsd, share, correlation, stress }) => {
      return { id, symbols: symbols.length, notional: notionalUsd, share, correlation, stress };
    }),
    joining: Object.fromEntries([...joining].slice(0, SHOWN)),
    missing: Object.fromEntries([...missing].slice(0, SHOWN)),
    missing_count: missing.size,
  };
  return { verdict, reason: reasonOf(clusters, missing), facts: toJson(facts) };
}

function reasonOf(clusters: readonly Cluster[], missing: ReadonlyMap<string, ClusterGap>): ClusterReason {
  if (clusters.length > 0) return 'ok';
  return missing.size > 0 ? 'no_usable_symbol' : 'flat';
}

function mostStressed(clusters: readonly Cluster[]): readonly Cluster[] {
  return [...clusters].sort((a, b) => b.stress - a.stress).slice(0, SHOWN);
}

function countsOf({ clusters, missing }: Findings): readonly Count[] {
  const gaps = [...missing.values()];
  return [
    { metric: 'feed_clusters', set: clusters.length },
    { metric: 'feed_cluster_stress_max', set: mostStressed(clusters)[0]?.stress ?? 0 },
    ...clusterGaps.map((reason) => {
      return { metric: 'feed_cluster_missing', labels: { reason }, set: gaps.filter((gap) => gap === reason).length };
    }),
  ];
}

/** What is missing is told when it changes, not with every entry. */
function missingLines(missing: ReadonlyMap<string, ClusterGap>, before: Fields | null): readonly LogLine[] {
  const added = [...missing].filter(([symbol, gap]) => before?.[symbol] !== gap);
  if (added.length === 0) return [];
  const named = added.slice(0, SYMBOLS_LOGGED).map(([symbol, gap]) => `${symbol} (${gap})`);
  const more = added.length > named.length ? ` and ${added.length - named.length} more` : '';
  return [{ level: 'warn', text: `Cluster stress: none for ${named.join(', ')}${more}` }];
}
