import { type Contestant, contestants } from './contestants/contestant.ts';
import type { Say } from './progress.ts';
import type { Round } from './round.ts';
import { type ScriptTimes, together } from './script-times.ts';
import type { BenchServer } from './server.ts';
import { type Duration, sideBySide } from './side-by-side.ts';
import { ratioOf, type Spread, spreadOf } from './statistics.ts';
import type { GateName } from './workloads/workload.ts';

/** The figures of one contestant over all rounds. */
export interface Costs {
  readonly per_second: Spread;
  /** CPU microseconds of its Node a message (a symbol of a budget tick). */
  readonly node_us: Spread;
  /** CPU microseconds of Redis a message, those of the bench's own polling included. */
  readonly redis_us: Spread;
}

/** What the comparison of one gate gave. */
export interface GateFigures {
  readonly figures: Readonly<Record<Contestant, Costs>>;
  /** Throughput of the product over each rival's, round by round. */
  readonly vs_bullmq: Spread;
  readonly vs_bare_loop: Spread;
  /** How long the product's scripts held Redis. */
  readonly scripts: ScriptTimes | undefined;
}

/** Measures the contestants of a gate side by side. */
export async function compareGate(
  server: BenchServer,
  gate: GateName,
  { positions, ...pace }: Duration & { positions: number },
  say: Say,
): Promise<GateFigures> {
  const variants = contestants.map((contestant) => ({
    label: `${gate} ${contestant}`,
    crew: { contestant, gate, positions, url: server.url },
  }));
  const [ours = [], bullmq = [], bare = []] = await sideBySide(server, variants, pace, say);
  return {
    figures: { portcullis: figuresOf(ours), bullmq: figuresOf(bullmq), bare_loop: figuresOf(bare) },
    vs_bullmq: ratioOf(rates(ours), rates(bullmq)),
    vs_bare_loop: ratioOf(rates(ours), rates(bare)),
    scripts: together(ours.flatMap(({ scripts }) => scripts ?? [])),
  };
}

/** The figures of the rounds of one contestant. */
export function figuresOf(rounds: readonly Round[]): Costs {
  return {
    per_second: spreadOf(rates(rounds)),
    node_us: spreadOf(rounds.map((round) => round.nodeUs)),
    redis_us: spreadOf(rounds.map((round) => round.redisUs)),
  };
}

/** The throughput of each round. */
export function rates(rounds: readonly Round[]): number[] {
  return rounds.map((round) => round.perSecond);
}
