import type { Redis } from 'ioredis';
import { riskFigures, riskSettingOf } from '../../schemas/book-risk.ts';
import { riskLimitsOf } from '../../schemas/judged-figures.ts';
import { keys } from '../../schemas/keys.ts';
import { type Costs, figuresOf } from './comparison.ts';
import type { CrewSpec } from './crew.ts';
import type { Say } from './progress.ts';
import type { Round } from './round.ts';
import type { BenchServer } from './server.ts';
import { type Duration, sideBySide } from './side-by-side.ts';
import { type Spread, spreadOf } from './statistics.ts';
import type { GateName, Workload } from './workloads/workload.ts';
import { nowSeconds } from './workloads/workload.ts';
import { symbolOf } from './workloads/world.ts';

const POSITIONS = 500;
/** As many as are named one by one of each figure. */
const NAMED = 20;
const GATES: readonly GateName[] = ['heat-gate', 'governor'];

/** All figures judge, with limits that let every message pass as it would without them; the governor has its three limits besides. */
const JUDGED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(riskFigures.map((figure) => [riskSettingOf[figure], 'judge'])),
  ...Object.fromEntries(riskFigures.flatMap((figure) => riskLimitsOf[figure].map((name, at) => [name, `${at + 5}`]))),
  MARKET_INTERVAL: '1h',
  MARKET_LOOKBACK: '720',
};
const LIMITED = { ...JUDGED, GOV_MAX_LEVERAGE: '1000', GOV_MAX_SHOCK_PCT: '100', GOV_MAX_MARGIN_PCT: '100' };

/** What a decision over a large book costs without and with the figures of its risk. CPU in microseconds of Node and Redis together. */
export interface BookRiskRow {
  readonly gate: GateName;
  readonly positions: number;
  readonly off: Costs;
  readonly on: Costs;
  /** With them less without, round by round. */
  readonly more_us: Spread;
}

/** Measures each gate that judges by the figures of the book's risk without them and with all of them. */
export async function measureBookRisk(
  server: BenchServer,
  { gates, ...pace }: Duration & { readonly gates: readonly GateName[] },
  say: Say,
): Promise<BookRiskRow[]> {
  const rows: BookRiskRow[] = [];
  for (const gate of GATES.filter((one) => gates.includes(one))) {
    const base: CrewSpec = { contestant: 'portcullis', gate, positions: POSITIONS, url: server.url };
    const env = gate === 'governor' ? LIMITED : JUDGED;
    const variants = [
      { label: `${gate}, figures off`, crew: base },
      {
        label: `${gate}, figures judge`,
        crew: { ...base, env },
        before: async ({ redis }: BenchServer, workload: Workload) => seedFigures(redis, workload),
      },
    ];
    const [off = [], on = []] = await sideBySide(server, variants, pace, say);
    const more = on.map((round, at) => cpuOf(round) - cpuOf(off[at]));
    rows.push({ gate, positions: POSITIONS, off: figuresOf(off), on: figuresOf(on), more_us: spreadOf(more) });
  }
  return rows;
}

function cpuOf(round: Round | undefined): number {
  return round === undefined ? Number.NaN : round.nodeUs + round.redisUs;
}

/** Fresh figures, as large as those of a book of 500. */
async function seedFigures(redis: Redis, { portfolio }: Workload): Promise<void> {
  const components = Object.fromEntries(
    Array.from({ length: NAMED }, (_, at) => [symbolOf(at, POSITIONS), 0.0123456789]),
  );
  await redis.hset(portfolio.key(keys.riskState), {
    ...Object.fromEntries(
      riskFigures.flatMap((figure) => [
        [figure, '0.1234567891'],
        [`${figure}_reason`, 'ok'],
      ]),
    ),
    components: JSON.stringify(Object.fromEntries(riskFigures.map((figure) => [figure, components]))),
    equity_usd: '3902.69',
    positions: String(POSITIONS),
    timestamp: nowSeconds(),
  });
  await redis.hset(portfolio.key(keys.portfolioState), { maintenance_margin_usd: '39.02' });
}
