import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import type { AgainstRow } from './against.ts';
import { type Aim, aimsOf } from './aims.ts';
import type { BookRiskRow } from './book-risk.ts';
import type { CommitRow } from './commits.ts';
import type { Comparison } from './compare.ts';
import type { Costs, GateFigures } from './comparison.ts';
import type { ConsoleFigures } from './console.ts';
import type { DoorRow } from './door.ts';
import type { EvidenceRow } from './evidence.ts';
import type { GrowthRow } from './growth.ts';
import type { IdleRow } from './idle.ts';
import type { Latency } from './latency.ts';
import type { LogSizeRow } from './log-size.ts';
import type { MemoryRow } from './memory.ts';
import type { Options } from './options.ts';
import type { PipelineFigures } from './pipeline.ts';
import type { ReplayRow } from './replay.ts';
import type { ScriptTimes } from './script-times.ts';
import type { SealingRow } from './sealing.ts';
import type { SlowNetworkRow } from './slow-network.ts';
import type { Spread } from './statistics.ts';
import type { TraceRow } from './trace.ts';
import type { GateName } from './workloads/workload.ts';

/** A message that comes so long after the one before it finds everything at rest. */
const RESTED_MS = 100;

/** What the parts of a run measured; empty where a part was not chosen. */
export interface Measured {
  readonly gates: ReadonlyMap<GateName, GateFigures>;
  readonly pipeline?: PipelineFigures | undefined;
  readonly commits: readonly CommitRow[];
  readonly ceiling?: number | undefined;
  readonly latency: readonly Latency[];
  readonly growth: readonly GrowthRow[];
  readonly idle: readonly IdleRow[];
  readonly door: readonly DoorRow[];
  readonly console?: ConsoleFigures | undefined;
  readonly book_risk: readonly BookRiskRow[];
  readonly slow: readonly SlowNetworkRow[];
  readonly replay: readonly ReplayRow[];
  readonly evidence: readonly EvidenceRow[];
  readonly sealing: readonly SealingRow[];
  readonly trace: readonly TraceRow[];
  readonly log_size: readonly LogSizeRow[];
  readonly memory: readonly MemoryRow[];
  readonly against: readonly AgainstRow[];
}

/** Everything one run measured, as `--json` prints it. */
export interface Result {
  readonly about: Readonly<Record<string, unknown>>;
  /** Every round is checked, and a run that finds something lost or doubled ends without a result. */
  readonly delivery_checked: true;
  /** Of the product over a rival: throughput, or what the name says. The median of the rounds, where there are rounds. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Least and most of the rounds, by the names of `ratios`. */
  readonly ratios_spread: Readonly<Record<string, readonly [number, number]>>;
  /** Each aim that was measured, and whether it was reached. */
  readonly aims: readonly Aim[];
  readonly gates: Readonly<Record<string, GateFigures['figures']>>;
  /** Heat gate and HeatBridge together; null where they were not asked for. */
  readonly pipeline: PipelineFigures | null;
  /** In microseconds. */
  readonly commits: readonly CommitRow[];
  /** Microseconds of CPU a message: medians, of the contestant's Node and of Redis. */
  readonly cpu: Readonly<Record<string, Readonly<Record<string, { node_us: number; redis_us: number }>>>>;
  /** How long the scripts of the product held Redis. */
  readonly scripts: Readonly<Record<string, ScriptTimes>>;
  /** Entries a second that redis-benchmark appends; null where it is not installed or was not asked. */
  readonly redis_benchmark_xadd_per_second: number | null;
  /** In milliseconds. */
  readonly latency: readonly Latency[];
  readonly growth: readonly GrowthRow[];
  readonly idle: readonly IdleRow[];
  /** In milliseconds. */
  readonly door: readonly DoorRow[];
  /** What somebody sees of the console; null where it was not asked for, and where there is no Chromium. */
  readonly console: ConsoleFigures | null;
  /** In microseconds. */
  readonly book_risk: readonly BookRiskRow[];
  readonly slow_network: readonly SlowNetworkRow[];
  /** Decisions a second. */
  readonly replay: readonly ReplayRow[];
  /** In microseconds. */
  readonly evidence: readonly EvidenceRow[];
  readonly sealing: readonly SealingRow[];
  /** In microseconds. */
  readonly trace: readonly TraceRow[];
  readonly log_size: readonly LogSizeRow[];
  readonly memory: readonly MemoryRow[];
  /** This checkout beside the one of `--against`. */
  readonly against: readonly AgainstRow[];
  readonly compared?: readonly Comparison[];
}

/** The result of a run from its parts. */
export function resultOf(options: Options, redis: string, measured: Measured): Result {
  const { quick, aof, rounds, seconds, positions, parts } = options;
  const { gates, pipeline, ceiling, console: seen, slow, ...others } = measured;
  const figures = [...gates].map(([gate, found]) => [snake(gate), found] as const);
  const result = {
    about: { quick, parts, aof, rounds, seconds, positions, ...machine(), versions: { ...versions(), redis } },
    delivery_checked: true,
    ...ratiosOf(measured),
    aims: [],
    gates: Object.fromEntries(figures.map(([gate, found]) => [gate, found.figures])),
    cpu: Object.fromEntries(figures.map(([gate, found]) => [gate, cpuOf(found.figures)])),
    scripts: Object.fromEntries(figures.flatMap(([gate, { scripts }]) => (scripts ? [[gate, scripts]] : []))),
    pipeline: pipeline ?? null,
    console: seen ?? null,
    redis_benchmark_xadd_per_second: ceiling ?? null,
    slow_network: slow,
    ...others,
  } as const satisfies Result;
  return { ...result, aims: aimsOf(result) };
}

/** The result as text: figures to four places, which is more than they are worth. */
export function jsonOf(result: Result): string {
  return JSON.stringify(result, (_, value: unknown) => (typeof value === 'number' ? rounded(value) : value));
}

function ratiosOf({
  gates,
  pipeline,
  latency,
  growth,
  replay,
  trace,
}: Measured): Pick<Result, 'ratios' | 'ratios_spread'> {
  const spreads: [name: string, spread: Spread][] = [];
  for (const [gate, { vs_bullmq, vs_bare_loop }] of gates) {
    spreads.push([`${snake(gate)}_vs_bullmq`, vs_bullmq], [`${snake(gate)}_vs_bare_loop`, vs_bare_loop]);
  }
  if (pipeline !== undefined) spreads.push(['pipeline_vs_heat_gate_bare_loop', pipeline.vs_bare_loop]);
  for (const { per_second, added_delay_ms, p50_vs_bare_loop: p50, p99_vs_bare_loop: p99 } of latency) {
    if (added_delay_ms !== 0 || p50 === undefined || p99 === undefined) continue;
    spreads.push([`latency_${per_second}_p50_vs_bare_loop`, p50], [`latency_${per_second}_p99_vs_bare_loop`, p99]);
  }
  for (const { axis, gate, at, vs_first } of growth) {
    if (axis === 'workers' && at === '3 workers') spreads.push([`${snake(gate)}_3_workers_vs_1`, vs_first]);
  }
  for (const { gate, vs_live } of replay) spreads.push([`replay_vs_live_${snake(gate)}`, vs_live]);
  const ratios = {
    ...Object.fromEntries(spreads.map(([name, { median }]) => [name, median])),
    ...Object.fromEntries(ratiosOfTrace(trace)),
  };
  const ratios_spread = Object.fromEntries(spreads.map(([name, { min, max }]) => [name, [min, max] as const]));
  const own = (gate: GateName) => gates.get(gate)?.figures.portcullis.per_second.median;
  const [governor, heatGate] = [own('governor'), own('heat-gate')];
  if (governor !== undefined && heatGate !== undefined) ratios.governor_vs_heat_gate = governor / heatGate;
  return { ratios, ratios_spread };
}

/** One message at a time beside its bare loop, and the first after a rest beside the hundredth without, both contestants. */
function ratiosOfTrace(rows: readonly TraceRow[]): [name: string, ratio: number][] {
  const all = rows.filter(({ step }) => step === 'all');
  const us = (gate: GateName, who: TraceRow['who'], rested: boolean) =>
    all.find((row) => row.gate === gate && row.who === who && row.after_ms >= RESTED_MS === rested)?.p50_us ??
    Number.NaN;
  return [...new Set(all.map(({ gate }) => gate))].flatMap((gate): [string, number][] => [
    [`${snake(gate)}_one_message_vs_bare_loop`, us(gate, 'portcullis', false) / us(gate, 'bare_loop', false)],
    ...(['portcullis', 'bare_loop'] as const).map((who): [string, number] => {
      const name = who === 'portcullis' ? snake(gate) : `${snake(gate)}_${who}`;
      return [`${name}_first_after_rest_vs_hundredth`, us(gate, who, true) / us(gate, who, false)];
    }),
  ]);
}

function cpuOf(figures: GateFigures['figures']) {
  const medians = ({ node_us, redis_us }: Costs) => ({ node_us: node_us.median, redis_us: redis_us.median });
  return Object.fromEntries(Object.entries(figures).map(([who, one]) => [who, medians(one)]));
}

function machine() {
  const found = cpus();
  return { at: new Date().toISOString(), cpus: found.length, cpu_model: found[0]?.model ?? '' };
}

/** Versions of what was measured; npm names that of the project. */
function versions(): Record<string, string> {
  const { npm_package_version: portcullis = 'unknown' } = process.env;
  return { portcullis, node: process.version, ioredis: versionOf('ioredis'), bullmq: versionOf('bullmq') };
}

function versionOf(library: string): string {
  return (createRequire(import.meta.url)(`${library}/package.json`) as { version: string }).version;
}

function snake(gate: string): string {
  return gate.replaceAll('-', '_');
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
