import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import type { AgainstRow } from './against.ts';
import type { Comparison } from './compare.ts';
import type { Costs, GateFigures } from './comparison.ts';
import type { DoorRow } from './door.ts';
import type { GrowthRow } from './growth.ts';
import type { IdleRow } from './idle.ts';
import type { Latency } from './latency.ts';
import type { LogSizeRow } from './log-size.ts';
import type { MemoryRow } from './memory.ts';
import type { Options } from './options.ts';
import type { ReplayRow } from './replay.ts';
import type { ScriptTimes } from './script-times.ts';
import type { SlowNetworkRow } from './slow-network.ts';
import type { Spread } from './statistics.ts';
import type { TraceRow } from './trace.ts';
import type { GateName } from './workloads/workload.ts';

/** What the parts of a run measured; empty where a part was not chosen. */
export interface Measured {
  readonly gates: ReadonlyMap<GateName, GateFigures>;
  readonly ceiling?: number | undefined;
  readonly latency: readonly Latency[];
  readonly growth: readonly GrowthRow[];
  readonly idle: readonly IdleRow[];
  readonly door: readonly DoorRow[];
  readonly slow: readonly SlowNetworkRow[];
  readonly replay: readonly ReplayRow[];
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
  /** Throughput of the product over a rival's: the median of the rounds. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Least and most of the rounds, by the names of `ratios`. */
  readonly ratios_spread: Readonly<Record<string, readonly [number, number]>>;
  readonly gates: Readonly<Record<string, GateFigures['figures']>>;
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
  readonly slow_network: readonly SlowNetworkRow[];
  /** Decisions a second. */
  readonly replay: readonly ReplayRow[];
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
  const { gates, latency, growth, idle, door, slow, replay, trace, log_size, memory, against } = measured;
  const figures = [...gates].map(([gate, found]) => [snake(gate), found] as const);
  return {
    about: { quick, parts, aof, rounds, seconds, positions, ...machine(), versions: { ...versions(), redis } },
    delivery_checked: true,
    ...ratiosOf(measured),
    gates: Object.fromEntries(figures.map(([gate, found]) => [gate, found.figures])),
    cpu: Object.fromEntries(figures.map(([gate, found]) => [gate, cpuOf(found.figures)])),
    scripts: Object.fromEntries(figures.flatMap(([gate, { scripts }]) => (scripts ? [[gate, scripts]] : []))),
    redis_benchmark_xadd_per_second: measured.ceiling ?? null,
    latency,
    growth,
    idle,
    door,
    slow_network: slow,
    replay,
    trace,
    log_size,
    memory,
    against,
  };
}

/** The result as text: figures to four places, which is more than they are worth. */
export function jsonOf(result: Result): string {
  return JSON.stringify(result, (_, value: unknown) => (typeof value === 'number' ? rounded(value) : value));
}

function ratiosOf({ gates, growth, replay }: Measured): Pick<Result, 'ratios' | 'ratios_spread'> {
  const spreads: [name: string, spread: Spread][] = [];
  for (const [gate, { vs_bullmq, vs_bare_loop }] of gates) {
    spreads.push([`${snake(gate)}_vs_bullmq`, vs_bullmq], [`${snake(gate)}_vs_bare_loop`, vs_bare_loop]);
  }
  for (const { axis, gate, at, vs_first } of growth) {
    if (axis === 'workers' && at === '3 workers') spreads.push([`${snake(gate)}_3_workers_vs_1`, vs_first]);
  }
  for (const { gate, vs_live } of replay) spreads.push([`replay_vs_live_${snake(gate)}`, vs_live]);
  const ratios = Object.fromEntries(spreads.map(([name, { median }]) => [name, median]));
  const ratios_spread = Object.fromEntries(spreads.map(([name, { min, max }]) => [name, [min, max] as const]));
  const own = (gate: GateName) => gates.get(gate)?.figures.portcullis.per_second.median;
  const [governor, heatGate] = [own('governor'), own('heat-gate')];
  if (governor !== undefined && heatGate !== undefined) ratios.governor_vs_heat_gate = governor / heatGate;
  return { ratios, ratios_spread };
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
