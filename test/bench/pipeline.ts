import { type Costs, figuresOf, rates } from './comparison.ts';
import type { CrewSpec } from './crew.ts';
import type { Say } from './progress.ts';
import { type ScriptTimes, together } from './script-times.ts';
import type { BenchServer } from './server.ts';
import { type Duration, sideBySide } from './side-by-side.ts';
import { ratioOf, type Spread } from './statistics.ts';

/** Proposals that heat gate and HeatBridge are done with, all outputs of both written, beside the heat gate's bare loop. */
export interface PipelineFigures {
  readonly figures: Readonly<Record<'portcullis' | 'bare_loop', Costs>>;
  /** Throughput of both gates over the bare loop's, round by round. */
  readonly vs_bare_loop: Spread;
  readonly scripts: ScriptTimes | undefined;
}

/** Measures heat gate and HeatBridge in one process on a backlog of proposals; a proposal is done once its decision can be looked up. */
export async function measurePipeline(
  server: BenchServer,
  { positions, ...pace }: Duration & { positions: number },
  say: Say,
): Promise<PipelineFigures> {
  const base = { gate: 'heat-gate', positions, url: server.url } as const;
  const both: CrewSpec = { ...base, contestant: 'portcullis', next: 'heat-bridge' };
  const variants = [
    { label: 'heat-gate and heat-bridge', crew: both },
    { label: 'bare_loop of the heat-gate', crew: { ...base, contestant: 'bare_loop' as const } },
  ];
  const [ours = [], bare = []] = await sideBySide(server, variants, pace, say);
  return {
    figures: { portcullis: figuresOf(ours), bare_loop: figuresOf(bare) },
    vs_bare_loop: ratioOf(rates(ours), rates(bare)),
    scripts: together(ours.flatMap(({ scripts }) => scripts ?? [])),
  };
}
