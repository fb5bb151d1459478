import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rates } from './comparison.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import type { Round } from './round.ts';
import type { ScriptTimes } from './script-times.ts';
import type { BenchServer } from './server.ts';
import { sideBySide } from './side-by-side.ts';
import { ratioOf, type Spread, spreadOf } from './statistics.ts';
import type { GateName } from './workloads/workload.ts';

const WORKER = 'dist.bench/test/bench/worker.js';

/** A figure of a gate in another checkout and in this one. CPU and scripts in microseconds. */
export interface AgainstRow {
  readonly gate: GateName;
  readonly figure: string;
  readonly there: Spread;
  readonly here: Spread;
  /** Round by round. */
  readonly here_over_there: Spread;
}

const FIGURES: readonly (readonly [name: string, of: (rounds: readonly Round[]) => readonly number[]])[] = [
  ['per_second', rates],
  ['node_us', (rounds) => rounds.map(({ nodeUs }) => nodeUs)],
  ['redis_us', (rounds) => rounds.map(({ redisUs }) => redisUs)],
  ['script_p50_us', (rounds) => scriptsOf(rounds, 'p50_us')],
  ['script_p99_us', (rounds) => scriptsOf(rounds, 'p99_us')],
];

/** The worker's script in another checkout whose bench is built; throws with what was expected of the folder. */
export function workerIn(folder: string): string {
  if (nameOf(folder) !== 'portcullis') {
    throw new Error(`--against: expected the folder of another checkout of Portcullis, got ${JSON.stringify(folder)}`);
  }
  const worker = resolve(folder, WORKER);
  if (existsSync(worker)) return worker;
  const build = `npm run bench -- --help in ${folder} builds it`;
  throw new Error(`--against: expected a checkout whose bench is built, got one without ${WORKER}: ${build}`);
}

function nameOf(folder: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown } | null)?.name;
  } catch {
    return undefined;
  }
}

/** Measures each gate as another checkout has it and as this one does, in turn, in every round. */
export async function measureAgainst(
  server: BenchServer,
  script: string,
  { gates, positions, ...pace }: Pick<Options, 'gates' | 'positions' | 'rounds' | 'seconds' | 'quick'>,
  say: Say,
): Promise<AgainstRow[]> {
  const rows: AgainstRow[] = [];
  for (const gate of gates) {
    const crew = { contestant: 'portcullis', gate, positions, url: server.url } as const;
    const variants = [
      { label: `${gate} there`, crew: { ...crew, script } },
      { label: `${gate} here`, crew },
    ];
    const [there = [], here = []] = await sideBySide(server, variants, pace, say);
    rows.push(...rowsOf(there, here).map((row) => ({ gate, ...row })));
  }
  return rows;
}

/** What rounds in turn say of two builds. */
export function rowsOf(there: readonly Round[], here: readonly Round[]): Omit<AgainstRow, 'gate'>[] {
  return FIGURES.map(([figure, of]) => {
    const [theirs, ours] = [of(there), of(here)];
    return { figure, there: spreadOf(theirs), here: spreadOf(ours), here_over_there: ratioOf(ours, theirs) };
  });
}

function scriptsOf(rounds: readonly Round[], name: keyof ScriptTimes): readonly number[] {
  return rounds.map(({ scripts }) => scripts?.[name] ?? Number.NaN);
}
