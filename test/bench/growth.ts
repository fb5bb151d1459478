import { luaScript, runScript } from '../../runtime/redis/lua.ts';
import { counted } from '../../schemas/figure-text.ts';
import { keys } from '../../schemas/keys.ts';
import { type Costs, figuresOf, rates } from './comparison.ts';
import { contestants } from './contestants/contestant.ts';
import type { CrewSpec } from './crew.ts';
import { startDelay } from './delay.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import type { Round, Variant } from './round.ts';
import { aofChoices, type BenchServer } from './server.ts';
import { type Duration, sideBySide } from './side-by-side.ts';
import { ratioOf, type Spread } from './statistics.ts';
import type { GateName, Workload } from './workloads/workload.ts';

/** What is let grow or changed, one thing at a time, with everything else as it is. */
export const axes = ['aof', 'network', 'positions', 'entries', 'workers', 'portfolios', 'candidate'] as const;

/** One of `axes`. */
export type Axis = (typeof axes)[number];

/** The figures at one point of an axis. */
export interface GrowthRow extends Costs {
  readonly axis: Axis;
  readonly gate: GateName;
  /** Who was measured: the product, but beside its rivals on the axis of the append-only file. */
  readonly who: CrewSpec['contestant'];
  /** What stands at this point: `1000 positions`, `everysec`. */
  readonly at: string;
  /** Throughput over that at the first point of the axis, round by round. */
  readonly vs_first: Spread;
  /** What the worker processes held at the end of a round, in megabytes; the most of all rounds. */
  readonly rss_mb: number;
}

interface Point extends Variant {
  readonly at: string;
}

const POSITIONS = [10, 100, 1000, 10_000];
const ENTRIES = [1000, 10_000, 100_000, 1_000_000];
const PORTFOLIOS = [1, 3, 10, 30, 100];
const WORKERS: Readonly<Record<GateName, readonly number[]>> = {
  'heat-gate': [1, 2, 3, 4],
  governor: [1, 2, 3, 4],
  'heat-bridge': [1, 2, 4],
  'risk-governor': [1, 2, 4],
};
/** A limit of each gate that has some, another than in force, so that nothing computed can be shared. */
const CANDIDATES: Readonly<Record<GateName, Readonly<Record<string, string>> | undefined>> = {
  'heat-gate': { HEAT_MIN: '0.2' },
  governor: { GOV_MAX_OPEN_POSITIONS: '9' },
  'heat-bridge': undefined,
  'risk-governor': { ALPHA_HEAT: '0.5' },
};
const BYTES_A_MB = 1e6;
const OLD_CHUNK = 10_000;

/** Entries that a group has long finished, appended by the server itself. */
const APPEND_OLD = luaScript('benchAppendOld', new URL('./append-old.lua', import.meta.url));

/** Measures the points of one axis side by side; on the axis of workers each chosen gate in turn. */
export async function measureAxis(
  server: BenchServer,
  axis: Axis,
  { positions, gates, ...pace }: Duration & Pick<Options, 'positions' | 'gates'>,
  say: Say,
): Promise<GrowthRow[]> {
  const base = { contestant: 'portcullis', gate: 'heat-gate', positions, url: server.url } as const;
  switch (axis) {
    case 'positions':
      return await rowsOf(server, axis, positionPoints(base), pace, say);
    case 'entries':
      return await rowsOf(server, axis, entryPoints(base), pace, say);
    case 'portfolios':
      return await rowsOf(server, axis, portfolioPoints(base), pace, say);
    case 'workers': {
      const rows: GrowthRow[] = [];
      for (const gate of gates) rows.push(...(await rowsOf(server, axis, workerPoints(base, gate), pace, say)));
      return rows;
    }
    case 'candidate': {
      const rows: GrowthRow[] = [];
      for (const gate of gates) rows.push(...(await rowsOf(server, axis, candidatePoints(base, gate), pace, say)));
      return rows;
    }
    case 'aof': {
      const rows: GrowthRow[] = [];
      for (const who of pace.quick ? contestants.slice(0, 1) : contestants) {
        rows.push(...(await rowsOf(server, axis, aofPoints({ ...base, contestant: who }), pace, say)));
      }
      return rows;
    }
    case 'network':
      return await networkRows(server, base, pace, say);
  }
}

function positionPoints(base: CrewSpec): Point[] {
  return POSITIONS.map((positions) => pointOf(`${positions} positions`, { ...base, positions }));
}

function entryPoints(base: CrewSpec): Point[] {
  return ENTRIES.map((count) => ({
    ...pointOf(`${count} entries`, base),
    before: (server, workload) => oldEntries(server, workload, count),
  }));
}

/** All have started before the messages come: a hundred portfolios take a while. */
function portfolioPoints(base: CrewSpec): Point[] {
  return PORTFOLIOS.map((portfolios) => ({
    ...pointOf(counted(portfolios, 'portfolio'), { ...base, portfolios }),
    goFirst: true,
  }));
}

function workerPoints(base: CrewSpec, gate: GateName): Point[] {
  return WORKERS[gate].map((workers) => pointOf(counted(workers, 'worker'), { ...base, gate, workers }));
}

function candidatePoints(base: CrewSpec, gate: GateName): Point[] {
  const settings = CANDIDATES[gate];
  if (settings === undefined) return [];
  const candidate = JSON.stringify({ version: 'bench', settings });
  return [
    pointOf('no candidate', { ...base, gate }),
    {
      ...pointOf('a candidate', { ...base, gate }),
      before: async ({ redis }, { portfolio }) => {
        await redis.hset(portfolio.key(keys.policy(gate)), 'candidate', candidate);
      },
    },
  ];
}

function aofPoints(base: CrewSpec): Point[] {
  return aofChoices.map((aof) => ({ ...pointOf(`append-only file ${aof}`, base), aof }));
}

async function networkRows(server: BenchServer, base: CrewSpec, pace: Duration, say: Say): Promise<GrowthRow[]> {
  const delay = await startDelay(server.port, 1);
  try {
    const points = [pointOf('no delay', base), pointOf('1 ms of delay', { ...base, url: delay.url })];
    return await rowsOf(server, 'network', points, pace, say);
  } finally {
    await delay.stop();
  }
}

function pointOf(at: string, crew: CrewSpec): Point {
  return { at, crew, label: `${crew.gate} ${crew.contestant}, ${at}:` };
}

async function rowsOf(
  server: BenchServer,
  axis: Axis,
  points: readonly Point[],
  pace: Duration,
  say: Say,
): Promise<GrowthRow[]> {
  const measured = await sideBySide(server, points, pace, say);
  const [first = []] = measured;
  return points.map(({ at, crew }, number) => rowOf(axis, at, crew, measured[number] ?? [], first));
}

function rowOf(
  axis: Axis,
  at: string,
  { gate, contestant: who }: CrewSpec,
  rounds: readonly Round[],
  first: readonly Round[],
): GrowthRow {
  const rssBytes = Math.max(...rounds.map((round) => round.rssBytes));
  const vs_first = ratioOf(rates(rounds), rates(first));
  return { axis, gate, who, at, ...figuresOf(rounds), vs_first, rss_mb: rssBytes / BYTES_A_MB };
}

/** Entries that the group has behind it, as after days of trading. */
async function oldEntries({ redis }: BenchServer, { stream, group }: Workload, count: number): Promise<void> {
  for (let left = count; left > 0; left -= OLD_CHUNK) {
    await runScript(redis, APPEND_OLD, [stream], [Math.min(left, OLD_CHUNK)]);
  }
  await redis.xgroup('CREATE', stream, group, '$', 'ENTRIESREAD', String(count));
}
