import type { GateFigures } from './comparison.ts';
import type { Growth } from './growth.ts';
import type { Latency } from './latency.ts';
import type { Options } from './options.ts';
import type { GateName } from './workloads/workload.ts';

/** Everything one run measured, as `--json` prints it. */
export interface Result {
  readonly about: {
    readonly quick: boolean;
    readonly aof: string;
    readonly rounds: number;
    readonly positions: number;
    readonly node: string;
    readonly redis: string;
    readonly cpus: number;
  };
  /** Throughput of the product over a rival's: the median of the rounds. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Least and most of the rounds, by the names of `ratios`. */
  readonly spread: Readonly<Record<string, readonly [number, number]>>;
  readonly gates: Readonly<Record<string, GateFigures['figures']>>;
  /** Entries a second that redis-benchmark appends; null where it is not installed. */
  readonly redis_benchmark_xadd_per_second: number | null;
  readonly latency_ms: readonly Latency[];
  readonly growth: readonly Growth[];
}

type Measured = ReadonlyMap<GateName, GateFigures>;

/** The result of a run from its parts. */
export function resultOf(
  options: Options,
  about: { redis: string; cpus: number },
  measured: Measured,
  rest: { ceiling: number | undefined; latency: readonly Latency[]; growth: readonly Growth[] },
): Result {
  const { quick, aof, rounds, positions } = options;
  return {
    about: { quick, aof, rounds, positions, node: process.version, ...about },
    ...ratiosOf(measured),
    gates: Object.fromEntries([...measured].map(([gate, { figures }]) => [snake(gate), figures])),
    redis_benchmark_xadd_per_second: rest.ceiling ?? null,
    latency_ms: rest.latency,
    growth: rest.growth,
  };
}

function ratiosOf(measured: Measured): Pick<Result, 'ratios' | 'spread'> {
  const ratios: Record<string, number> = {};
  const spread: Record<string, readonly [number, number]> = {};
  for (const [gate, { vs_bullmq, vs_bare_loop }] of measured) {
    for (const [rival, figures] of Object.entries({ vs_bullmq, vs_bare_loop })) {
      ratios[`${snake(gate)}_${rival}`] = rounded(figures.median);
      spread[`${snake(gate)}_${rival}`] = [rounded(figures.min), rounded(figures.max)];
    }
  }
  const own = (gate: GateName) => measured.get(gate)?.figures.portcullis.per_second.median;
  const [governor, heatGate] = [own('governor'), own('heat-gate')];
  if (governor !== undefined && heatGate !== undefined) ratios.governor_vs_heat_gate = rounded(governor / heatGate);
  return { ratios, spread };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function snake(gate: string): string {
  return gate.replaceAll('-', '_');
}
