import type { Costs } from './comparison.ts';
import { count, hundredth, short, spread, tenth } from './figures.ts';
import type { GrowthRow } from './growth.ts';
import { evidence, logSize, replay, sealing } from './log-sections.ts';
import type { Result } from './result.ts';
import type { Spread } from './statistics.ts';

/** A table with its title. */
export interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const COSTS = ['a second', 'Node CPU µs', 'Redis CPU µs'];

/** What a run measured, a section each; one without rows was not measured. */
export function sectionsOf(result: Result): Section[] {
  const parts = [aims, throughput, ratios, scripts, pipeline, commits, latency, growth, idle, door, seen, bookRisk];
  return [...parts, slowNetwork, replay, evidence, sealing, trace, logSize, memory, against, comparison].map((part) =>
    part(result),
  );
}

function aims({ aims: rows }: Result): Section {
  const head = ['aim', 'is', 'aimed at', 'got', ''];
  return {
    title: 'Aims',
    head,
    rows: rows.map(({ name, is, aim, got, reached }) => [
      ...[name, is, short(aim), hundredth(got), reached ? 'reached' : 'missed'],
    ]),
  };
}

function throughput({ gates, redis_benchmark_xadd_per_second: ceiling }: Result): Section {
  const rows = Object.entries(gates).flatMap(([gate, contestants]) =>
    Object.entries(contestants).map(([name, figures]) => [gate, name, ...costs(figures)]),
  );
  if (ceiling !== null) rows.push(['one proposal', 'redis-benchmark -P 50 XADD', count(ceiling), '', '']);
  return { title: 'Throughput', head: ['gate', 'who', ...COSTS], rows };
}

function costs({ per_second, node_us, redis_us }: Costs): string[] {
  return [spread(per_second, count), spread(node_us, tenth), spread(redis_us, tenth)];
}

function ratios(result: Result): Section {
  const rows = Object.entries(result.ratios).map(([name, value]) => {
    const [least, most] = result.ratios_spread[name] ?? [];
    return [name, hundredth(value), least === undefined ? '' : `${hundredth(least)}–${hundredth(most ?? least)}`];
  });
  return { title: 'Ratios', head: ['ratio', 'median', 'least–most'], rows };
}

function scripts(result: Result): Section {
  const rows = Object.entries(result.scripts).map(([gate, times]) => [
    gate,
    count(times.calls),
    ...[times.p50_us, times.p99_us, times.p999_us, times.longest_us].map((us) => hundredth(us / 1000)),
    String(times.over_2ms),
  ]);
  const head = ['gate', 'scripts', 'p50 ms', 'p99 ms', 'p99.9 ms', 'longest ms', 'over 2 ms'];
  return { title: 'How long a script holds Redis', head, rows };
}

function pipeline({ pipeline: found }: Result): Section {
  const rows = Object.entries(found?.figures ?? {}).map(([who, figures]) => [who, ...costs(figures)]);
  return { title: 'Heat gate and HeatBridge, beside the bare loop of the heat gate', head: ['who', ...COSTS], rows };
}

function commits({ commits: rows }: Result): Section {
  const head = ['gate', 'Redis on processor', 'commits', 'messages each', 'p50 µs', 'p99 µs', 'longest µs'];
  return {
    title: 'How long a commit holds Redis',
    head: [...head, 'all scripts, p99 µs', 'Redis CPU µs'],
    rows: rows.map((row) => [
      ...[row.gate, row.pinned_to === null ? 'any' : String(row.pinned_to), count(row.commits)],
      ...[spread(row.messages_each, tenth), spread(row.p50_us, count), spread(row.p99_us, count)],
      ...[count(row.longest_us), spread(row.scripts_p99_us, count), spread(row.cpu_us, count)],
    ]),
  };
}

function bookRisk({ book_risk: rows }: Result): Section {
  const each = ['Node off', 'Redis off', 'Node on', 'Redis on', 'more'].map((name) => `${name} µs`);
  return {
    title: "A decision without and with the figures of the book's risk",
    head: ['gate', 'positions', ...each],
    rows: rows.map(({ gate, positions, off, on, more_us }) => [
      ...[gate, count(positions)],
      ...[off.node_us, off.redis_us, on.node_us, on.redis_us, more_us].map((one) => spread(one, tenth)),
    ]),
  };
}

function latency(result: Result): Section {
  const rows = result.latency.map((one) => [
    one.who,
    count(one.per_second),
    one.added_delay_ms === 0 ? 'none' : `${one.added_delay_ms} ms`,
    ...[one.p50, one.p99, one.p999, one.max].map(hundredth),
    one.kept_up ? 'yes' : 'no',
    one.ping_p50_ms === undefined ? '' : `${hundredth(one.ping_p50_ms)}, ${hundredth(one.ping_p99_ms ?? Number.NaN)}`,
  ]);
  const head = [
    'who',
    'a second',
    'added delay',
    'p50 ms',
    'p99 ms',
    'p99.9 ms',
    'max ms',
    'kept up',
    'PING p50, p99 ms',
  ];
  return { title: 'Latency of the heat gate', head, rows };
}

function growth({ growth: rows }: Result): Section {
  const head = ['gate', 'who', 'with', ...COSTS, 'over the first', 'RSS MB'];
  return { title: 'As things grow', head, rows: rows.map(growthRow) };
}

function growthRow(row: GrowthRow): string[] {
  return [row.gate, row.who, row.at, ...costs(row), spread(row.vs_first, hundredth), count(row.rss_mb)];
}

function slowNetwork({ slow_network: rows }: Result): Section {
  return {
    title: 'Two workers, 100 ms each way from Redis, 1 % of what is sent lost with its connection',
    head: ['gate', 'messages', 'seconds', 'a second', 'connections lost'],
    rows: rows.map(({ gate, messages, seconds, per_second, resets }) => [
      ...[gate, count(messages), tenth(seconds), count(per_second), count(resets)],
    ]),
  };
}

function trace({ trace: rows }: Result): Section {
  const head = ['gate', 'who', 'rest before it ms', 'step', 'messages', 'p50 µs', 'p99 µs'];
  return {
    title: 'Where the time of one message goes',
    head,
    rows: rows.map(({ gate, who, after_ms, step, messages, p50_us, p99_us }) => [
      ...[gate, who, count(after_ms), step, count(messages), count(p50_us), count(p99_us)],
    ]),
  };
}

function idle(result: Result): Section {
  const rows = result.idle.map((row) => [
    ...[count(row.portfolios), count(row.connections), hundredth(row.node_percent), hundredth(row.redis_percent)],
    ...[count(row.commands_per_second), count(row.rss_mb), tenth(row.start_s)],
    ...[count(row.metrics_kb), count(row.metrics_ms), tenth(row.busy_p50_ms), tenth(row.busy_p99_ms)],
  ]);
  const each = ['Node CPU % each', 'Redis CPU % each', 'commands a second each'];
  return {
    title: 'Idle portfolios in one process',
    head: ['portfolios', 'connections', ...each, 'RSS MB', 'start s', '/metrics KB', 'ms', 'busy p50 ms', 'p99 ms'],
    rows,
  };
}

function door(result: Result): Section {
  const rows = result.door.map((row) => [
    ...[
      row.client,
      row.transport,
      row.order,
      count(row.clients),
      count(row.per_second),
      `${count(row.granted)} of ${count(row.asks)}`,
    ],
    ...[row.p50, row.p99, row.plain_p50, row.plain_p99].map(hundredth),
  ]);
  const plain = ['plain p50 ms', 'plain p99 ms'];
  return {
    title: 'One permit, as clients see it',
    head: ['client', 'way', 'order', 'clients', 'a second', 'granted', 'p50 ms', 'p99 ms', ...plain],
    rows,
  };
}

function seen({ console: found }: Result): Section {
  const head = ['what', 'times', 'ms', 'all of it, ms'];
  const title = 'The console while the heat gate decides';
  if (found === null) return { title, head, rows: [] };
  const whole = (ms: Spread) => spread(ms, count);
  const loads = String(found.loads);
  return {
    title: `${title} ${count(found.per_second)} times a second; its page is ${tenth(found.gzip_kb)} kB`,
    head,
    rows: [
      ['first content', loads, whole(found.first_content_ms), ''],
      ['first figures', loads, whole(found.first_figures_ms), ''],
      ...found.clicks.map(({ click, times, shown_ms, whole_ms }) => [
        ...[click, String(times), whole(shown_ms), whole_ms === null ? '' : whole(whole_ms)],
      ]),
    ],
  };
}

function memory(result: Result): Section {
  const rows = result.memory.map(({ come, messages, per_second, rss_mb, heap_mb }) => [
    ...[come, count(messages), count(per_second), count(rss_mb), tenth(heap_mb)],
  ]);
  return { title: 'Memory of one worker', head: ['come', 'messages', 'a second', 'RSS MB', 'heap MB'], rows };
}

function against({ against: rows }: Result): Section {
  const head = ['gate', 'figure', 'there', 'here', 'here over there'];
  return {
    title: 'Beside another checkout, rounds in turn',
    head,
    rows: rows.map(({ gate, figure, there, here, here_over_there }) => {
      const form = figure === 'per_second' ? count : tenth;
      return [gate, figure, spread(there, form), spread(here, form), spread(here_over_there, hundredth)];
    }),
  };
}

function comparison({ compared = [] }: Result): Section {
  const rows = compared.map(({ name, before, now, now_over_before }) => [
    ...[name, hundredth(before), hundredth(now), hundredth(now_over_before)],
  ]);
  return { title: 'Beside the earlier run', head: ['figure', 'before', 'now', 'now over before'], rows };
}
