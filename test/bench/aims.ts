import type { ClickRow } from './console-clicks.ts';
import type { EvidenceRow } from './evidence.ts';
import type { Result } from './result.ts';

/** What is aimed at, and what a run came to. */
export interface Aim {
  readonly name: string;
  /** Whether the figure is to be this at least, or at most. */
  readonly is: 'at least' | 'at most';
  readonly aim: number;
  readonly got: number;
  readonly reached: boolean;
}

type Stated = readonly [name: string, is: Aim['is'], aim: number, of: (result: Result) => number | undefined];

const RATIOS: readonly (readonly [name: string, is: Aim['is'], aim: number])[] = [
  ['heat_gate_vs_bullmq', 'at least', 4],
  ['heat_gate_vs_bare_loop', 'at least', 2],
  ['heat_bridge_vs_bullmq', 'at least', 3],
  ['heat_bridge_vs_bare_loop', 'at least', 1.5],
  ['governor_vs_bullmq', 'at least', 2.5],
  ['governor_vs_bare_loop', 'at least', 1],
  ['risk_governor_vs_bullmq', 'at least', 0.8],
  ['pipeline_vs_heat_gate_bare_loop', 'at least', 0.9],
  ['latency_500_p50_vs_bare_loop', 'at most', 1.6],
  ['latency_500_p99_vs_bare_loop', 'at most', 1.5],
  ['heat_gate_first_after_rest_vs_hundredth', 'at most', 1],
];
const MS_A_US = 1e-3;
/** Megabytes at the last look over those halfway: what is flat stays within a twentieth. */
const FLAT = 1.05;

const STATED: readonly Stated[] = [
  ...RATIOS.map(([name, is, aim]): Stated => [name, is, aim, ({ ratios }) => ratios[name]]),
  ['latency_5000_kept_up', 'at least', 1, ({ latency }) => keptUp(latency, 5000)],
  ...(['heat-gate', 'heat-bridge', 'governor', 'risk-governor'] as const).map((gate): Stated => {
    const p99 = ({ commits }: Result) => commits.find((row) => row.gate === gate)?.p99_us.median;
    return [`commit_p99_ms_${snake(gate)}`, 'at most', 1, (result) => times(p99(result), MS_A_US)];
  }),
  ...([50, 200] as const).flatMap((portfolios): Stated[] => {
    const row = ({ idle }: Result) => idle.find((one) => one.portfolios === portfolios);
    return [
      [`idle_connections_${portfolios}`, 'at most', 12 + 0.2 * portfolios, (result) => row(result)?.connections],
      [`idle_node_percent_each_${portfolios}`, 'at most', 0.1, (result) => row(result)?.node_percent],
      [`idle_redis_percent_each_${portfolios}`, 'at most', 0.05, (result) => row(result)?.redis_percent],
    ];
  }),
  ...(['heat-gate', 'governor'] as const).flatMap((gate): Stated[] => {
    const row = (what: EvidenceRow['what']) => (result: Result) =>
      result.evidence.find((one) => one.gate === gate && one.what === what);
    const seconds = (what: EvidenceRow['what']) => (result: Result) => row(what)(result)?.seconds.median;
    return [
      [`explain_s_${snake(gate)}_by_index`, 'at most', 0.5, seconds('explain, by the index')],
      [`explain_s_${snake(gate)}_without`, 'at most', 15, seconds('explain, without it')],
      ...(['explain, by the index', 'explain, without it'] as const).map((what): Stated => {
        const script = (result: Result) => times(row(what)(result)?.longest_script_us ?? undefined, MS_A_US);
        return [`${snake(what.replaceAll(/[, ]+/g, '_'))}_script_ms_${snake(gate)}`, 'at most', 1, script];
      }),
      [`report_s_${snake(gate)}`, 'at most', 10, seconds('report')],
    ];
  }),
  ['interval_s', 'at most', 2, ({ evidence }) => evidence.find(({ what }) => what === 'interval')?.seconds.median],
  ...(['heat-gate', 'governor'] as const).map((gate): Stated => {
    const row = ({ sealing }: Result) => sealing.find((one) => one.gate === gate);
    return [`sealing_node_share_${snake(gate)}`, 'at most', 0.03, (result) => row(result)?.share.median];
  }),
  ['memory_rss_mb', 'at most', 200, ({ memory }) => most(memory.map(({ rss_mb }) => rss_mb))],
  ['memory_last_vs_halfway', 'at most', FLAT, lastOverHalfway],
  ...(['heat-gate', 'governor'] as const).flatMap((gate): Stated[] => {
    const row = (result: Result, book: string) =>
      result.log_size.find((one) => one.gate === gate && one.form === 'shared' && one.book === book);
    const log = (result: Result, book: string) => {
      const found = row(result, book);
      return found && found.log_bytes + found.facts_bytes;
    };
    const limits = gate === 'governor' ? { aof: 3072, kept: 700 } : { aof: 2048, kept: 250 };
    return [
      ...(gate === 'governor'
        ? []
        : ([
            ['heat_gate_log_bytes_still', 'at most', 1024, (result) => log(result, 'still')],
            ['heat_gate_log_bytes_moving', 'at most', 2048, (result) => log(result, 'moving')],
          ] satisfies Stated[])),
      [`${snake(gate)}_aof_bytes_still`, 'at most', limits.aof, (result) => row(result, 'still')?.aof_bytes],
      [`${snake(gate)}_mb_of_200000_still`, 'at most', limits.kept, (result) => row(result, 'still')?.kept_mb],
    ];
  }),
  ...(['node', 'python'] as const).flatMap((client) =>
    (['http', 'redis'] as const).flatMap((transport): Stated[] => {
      const row = ({ door }: Result) => door.find((one) => isAimed(one, client, transport));
      return [
        [`door_${client}_${transport}_p50_ms`, 'at most', 4, (result) => row(result)?.p50],
        [`door_${client}_${transport}_p99_ms`, 'at most', 30, (result) => row(result)?.p99],
      ];
    }),
  ),
  ['console_first_content_ms', 'at most', 1000, ({ console: seen }) => seen?.first_content_ms.median],
  ['console_first_figures_ms', 'at most', 1000, ({ console: seen }) => seen?.first_figures_ms.median],
  ['console_click_ms', 'at most', 200, ({ console: seen }) => most((seen?.clicks ?? []).map(shownAtMedian))],
  ['console_gzip_kb', 'at most', 100, ({ console: seen }) => seen?.gzip_kb],
  ...(['heat-gate', 'governor'] as const).map((gate): Stated => {
    const more = ({ book_risk }: Result) => book_risk.find((row) => row.gate === gate)?.more_us.median;
    return [`book_risk_more_us_${snake(gate)}`, 'at most', 200, more];
  }),
];

/** The aims whose parts were measured, in order. */
export function aimsOf(result: Result): Aim[] {
  return STATED.flatMap(([name, is, aim, of]) => {
    const got = of(result);
    if (got === undefined) return [];
    return [{ name, is, aim, got, reached: is === 'at least' ? got >= aim : got <= aim }];
  });
}

function keptUp(latency: Result['latency'], perSecond: number): number | undefined {
  const row = latency.find(
    (one) => one.who === 'portcullis' && one.per_second === perSecond && one.added_delay_ms === 0,
  );
  return row && (row.kept_up ? 1 : 0);
}

function isAimed(row: Result['door'][number], client: string, transport: string): boolean {
  const asked = row.order === 'open' && row.clients === 10 && row.per_second === 100;
  return asked && row.client === client && row.transport === transport;
}

function shownAtMedian({ shown_ms }: ClickRow): number {
  return shown_ms.median;
}

function lastOverHalfway({ memory }: Result): number | undefined {
  const ratios = ['in steps', 'at once'].flatMap((come) => {
    const looks = memory.filter((row) => row.come === come);
    const [half, last] = [looks[looks.length / 2 - 1], looks.at(-1)];
    return half === undefined || last === undefined ? [] : [last.rss_mb / half.rss_mb];
  });
  return most(ratios);
}

function most(figures: readonly number[]): number | undefined {
  return figures.length === 0 ? undefined : Math.max(...figures);
}

function times(figure: number | undefined, by: number): number | undefined {
  return figure === undefined ? undefined : figure * by;
}

function snake(gate: string): string {
  return gate.replaceAll('-', '_');
}
