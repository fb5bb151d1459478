import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compared, readSaved } from './compare.ts';
import type { Costs, GateFigures } from './comparison.ts';
import type { GrowthRow } from './growth.ts';
import { readOptions } from './options.ts';
import type { ReplayRow } from './replay.ts';
import { jsonOf, type Measured, type Result, resultOf } from './result.ts';
import { spreadOf } from './statistics.ts';
import { tablesOf } from './table.ts';
import type { TraceRow } from './trace.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function figures(perSecond: number): Costs {
  return { per_second: spreadOf([perSecond]), node_us: spreadOf([90]), redis_us: spreadOf([30]) };
}

function gate(ours: number, scripts?: GateFigures['scripts']): GateFigures {
  return {
    figures: { portcullis: figures(ours), bullmq: figures(2000), bare_loop: figures(8000) },
    vs_bullmq: spreadOf([2, 3, 4]),
    vs_bare_loop: spreadOf([0.5, 1.33333333, 1.5]),
    scripts,
  };
}

const scripts = { calls: 200, p50_us: 500, p99_us: 900, p999_us: 1100, longest_us: 1234, over_2ms: 0 };
const row: GrowthRow = {
  ...figures(3000),
  ...{ axis: 'workers', gate: 'governor', who: 'portcullis', at: '3 workers', vs_first: spreadOf([1.1]), rss_mb: 300 },
};
const latency = {
  ...{ who: 'portcullis' as const, per_second: 500, added_delay_ms: 1, messages: 900 },
  ...{ p50: 2, p99: 4, p999: 5, max: 6, kept_up: true },
};
function traced(who: TraceRow['who'], after_ms: number, step: string, p50_us: number): TraceRow {
  return { gate: 'heat-gate', who, after_ms, step, messages: 60, p50_us, p99_us: 1877 };
}

const replayed: ReplayRow = {
  ...{ gate: 'heat-gate', decisions: 12_000, live: spreadOf([5000]), from_redis: spreadOf([41_000]) },
  ...{ from_file: spreadOf([60_500]), vs_live: spreadOf([11, 12.1, 13]) },
};
const measured: Measured = {
  gates: new Map([
    ['heat-gate', gate(6000, scripts)],
    ['governor', gate(3000)],
  ]),
  ceiling: 140_000,
  pipeline: {
    figures: { portcullis: figures(7200), bare_loop: figures(8000) },
    ...{ vs_bare_loop: spreadOf([0.9]), scripts: undefined },
  },
  commits: [
    {
      ...{ gate: 'governor', pinned_to: 1, commits: 300, messages_each: spreadOf([13.3]), p50_us: spreadOf([604]) },
      ...{ p99_us: spreadOf([1001]), longest_us: 1777, scripts_p99_us: spreadOf([980]), cpu_us: spreadOf([1432]) },
    },
  ],
  latency: [
    { ...latency, ping_p50_ms: 1.1, ping_p99_ms: 1.3 },
    { ...latency, added_delay_ms: 0, p50_vs_bare_loop: spreadOf([1.5, 1.6, 9]), p99_vs_bare_loop: spreadOf([1.51]) },
  ],
  growth: [row],
  slow: [{ gate: 'governor', messages: 4700, seconds: 20, per_second: 235, resets: 12 }],
  replay: [replayed],
  evidence: [],
  sealing: [],
  log_size: [
    {
      ...{ gate: 'heat-gate', form: 'shared', book: 'still', decisions: 4000 },
      ...{ log_bytes: 825, facts_bytes: 1, aof_bytes: 3143, kept_mb: 179 },
    },
  ],
  door: [
    {
      ...{ client: 'python', transport: 'http', order: 'open', clients: 10, per_second: 100, asks: 400, granted: 399 },
      ...{ p50: 3.99, p99: 30.01, plain_p50: 1.17, plain_p99: 2.5 },
    },
  ],
  console: {
    ...{ per_second: 497, loads: 5, gzip_kb: 99.4 },
    ...{ first_content_ms: spreadOf([412]), first_figures_ms: spreadOf([1000, 1001, 1002]) },
    clicks: [
      { click: 'page Budgets', times: 3, shown_ms: spreadOf([41]), whole_ms: spreadOf([612]) },
      { click: 'filter cleared', times: 3, shown_ms: spreadOf([90, 200, 800]), whole_ms: null },
    ],
  },
  book_risk: [{ gate: 'heat-gate', positions: 500, off: figures(9000), on: figures(8000), more_us: spreadOf([12.4]) }],
  idle: [
    {
      ...{ portfolios: 50, start_s: 2.3, connections: 178, node_percent: 0.299, redis_percent: 0.135 },
      ...{ commands_per_second: 101, rss_mb: 250, metrics_kb: 24, metrics_ms: 13, busy_p50_ms: 2.1, busy_p99_ms: 9 },
    },
  ],
  memory: [{ come: 'in steps', messages: 50_000, per_second: 6000, rss_mb: 101, heap_mb: 22.5 }],
  trace: [
    traced('portcullis', 300, 'judge and pack', 211),
    traced('portcullis', 2, 'all', 900),
    traced('portcullis', 300, 'all', 1350),
    traced('bare_loop', 2, 'all', 300),
    traced('bare_loop', 300, 'all', 600),
  ],
  against: [
    {
      ...{ gate: 'heat-gate', figure: 'redis_us', there: spreadOf([55.51]), here: spreadOf([44.42]) },
      here_over_there: spreadOf([0.7, 0.81, 0.9]),
    },
  ],
};
const result = resultOf(readOptions(['--quick']), '7.0.15', measured);

describe('result', () => {
  it('gives every ratio with its spread, and what the gates are to one another', () => {
    expect(JSON.parse(jsonOf(result))).toMatchObject({
      delivery_checked: true,
      ratios: {
        ...{ heat_gate_vs_bullmq: 3, heat_gate_vs_bare_loop: 1.3333, governor_vs_bullmq: 3 },
        ...{ governor_vs_heat_gate: 0.5, governor_3_workers_vs_1: 1.1, replay_vs_live_heat_gate: 12.1 },
        ...{ pipeline_vs_heat_gate_bare_loop: 0.9, latency_500_p50_vs_bare_loop: 1.6 },
        ...{ heat_gate_one_message_vs_bare_loop: 3, heat_gate_first_after_rest_vs_hundredth: 1.5 },
        heat_gate_bare_loop_first_after_rest_vs_hundredth: 2,
      },
      ratios_spread: { heat_gate_vs_bullmq: [2, 4], heat_gate_vs_bare_loop: [0.5, 1.5] },
      cpu: { heat_gate: { portcullis: { node_us: 90, redis_us: 30 } } },
      scripts: { heat_gate: { longest_us: 1234 } },
      redis_benchmark_xadd_per_second: 140_000,
      about: { versions: { redis: '7.0.15', node: process.version } },
    });
  });

  it('is the same figures in a table and in Markdown', () => {
    const [table, markdown] = [tablesOf(result, 'table'), tablesOf(result, 'markdown')];
    for (const figure of [
      '6,000',
      '1.33',
      '0.50–1.50',
      '1.23',
      '140,000',
      '3 workers',
      '50,000',
      '1.10, 1.30',
      '60,500',
      '178',
      '1,877',
      '55.5 (55.5–55.5)',
      '0.81 (0.70–0.90)',
      '12.10 (11.00–13.00)',
      '399 of 400',
      '200 (90–800)',
      '612 (612–612)',
      '12.4 (12.4–12.4)',
      '13.3 (13.3–13.3)',
      '7,200',
      'missed',
    ]) {
      expect(table).toContain(figure);
      expect(markdown).toContain(figure);
    }
    expect(markdown).toContain('| governor_vs_heat_gate | 0.50 |  |');
    const cells = (line: string) => line.split('|').length;
    for (const part of markdown.split('### ').slice(1)) {
      const widths = part
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .map(cells);
      expect(new Set(widths).size).toBe(1);
    }
  });

  it('says of each aim that was measured whether it is reached, exact limits included', () => {
    const reached = Object.fromEntries(result.aims.map(({ name, reached }) => [name, reached]));
    expect(reached).toEqual({
      ...{ heat_gate_vs_bullmq: false, heat_gate_vs_bare_loop: false },
      ...{ governor_vs_bullmq: true, governor_vs_bare_loop: true },
      ...{ pipeline_vs_heat_gate_bare_loop: true, commit_p99_ms_governor: false },
      ...{ latency_500_p50_vs_bare_loop: true, latency_500_p99_vs_bare_loop: false },
      ...{ heat_gate_first_after_rest_vs_hundredth: false, idle_connections_50: false },
      ...{ idle_node_percent_each_50: false, idle_redis_percent_each_50: false, memory_rss_mb: true },
      ...{ heat_gate_log_bytes_still: true, heat_gate_aof_bytes_still: false, heat_gate_mb_of_200000_still: true },
      ...{ door_python_http_p50_ms: true, door_python_http_p99_ms: false, book_risk_more_us_heat_gate: true },
      ...{
        console_first_content_ms: true,
        console_first_figures_ms: false,
        console_click_ms: true,
        console_gzip_kb: true,
      },
    });
  });

  it('leaves out what was not measured', () => {
    const none = {
      commits: [],
      book_risk: [],
      latency: [],
      growth: [],
      idle: [],
      door: [],
      slow: [],
      replay: [],
      evidence: [],
      sealing: [],
      log_size: [],
      memory: [],
      trace: [],
      against: [],
    };
    const empty: Measured = { gates: new Map(), ...none };
    const text = tablesOf(resultOf(readOptions(['--only', 'memory']), '7.0.15', empty), 'markdown');
    expect(text).not.toContain('###');
  });
});

describe('compare', () => {
  it('holds the figures of two runs against each other, and skips what only one has', () => {
    const path = join(folder, 'saved.json');
    writeFileSync(path, jsonOf(result));
    const now: Result = { ...result, ratios: { heat_gate_vs_bullmq: 6, new_one: 1 }, gates: {}, latency: [] };
    expect(compared(readSaved(path), now)).toEqual([
      { name: 'heat_gate_vs_bullmq', before: 3, now: 6, now_over_before: 2 },
    ]);
    const all = compared(readSaved(path), result);
    expect(all.map(({ name }) => name)).toContain('portcullis latency at 500 a second, 1 ms of delay, p99 ms');
    expect(all.every(({ now_over_before }) => Math.abs(now_over_before - 1) < 0.001)).toBe(true);
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['another object', '{"ratios":[]}'],
  ])('refuses a file that is %s', (_, text) => {
    const path = join(folder, 'other.json');
    writeFileSync(path, text);
    expect(() => readSaved(path)).toThrow(/--compare: expected a result that --out has saved, got /);
  });
});
