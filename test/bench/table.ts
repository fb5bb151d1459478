import Table from 'cli-table3';
import type { Figures } from './comparison.ts';
import type { Result } from './result.ts';
import type { Spread } from './statistics.ts';

/** The result as tables for a terminal. */
export function tablesOf(result: Result): string {
  const { about } = result;
  const head = `Node ${about.node}, Redis ${about.redis} on ${about.cpus} CPUs, append-only file ${about.aof}, ${about.positions} positions, ${about.rounds} rounds: median (least–most)`;
  const parts = [head, throughput(result), ratios(result)];
  const ceiling = result.redis_benchmark_xadd_per_second;
  if (ceiling !== null) parts.push(`redis-benchmark -P 50 XADD of one proposal: ${count(ceiling)} a second`);
  if (result.latency_ms.length > 0) parts.push(latency(result));
  if (result.growth.length > 0) parts.push(growth(result));
  return `${parts.join('\n')}\n`;
}

function throughput({ gates }: Result): string {
  const rows = Object.entries(gates).flatMap(([gate, contestants]) =>
    Object.entries(contestants).map(([name, figures]) => [gate, name, ...costs(figures)]),
  );
  return table(['gate', 'who', 'a second', 'Node CPU µs', 'Redis CPU µs'], rows);
}

function costs({ per_second, node_us, redis_us }: Figures): string[] {
  return [spread(per_second, count), spread(node_us, tenth), spread(redis_us, tenth)];
}

function ratios(result: Result): string {
  const rows = Object.entries(result.ratios).map(([name, value]) => {
    const [least, most] = result.spread[name] ?? [];
    return [name, value.toFixed(2), least === undefined ? '' : `${least.toFixed(2)}–${(most ?? least).toFixed(2)}`];
  });
  return table(['ratio', 'median', 'least–most'], rows);
}

function latency({ latency_ms }: Result): string {
  const rows = latency_ms.map((one) => [
    count(one.per_second),
    ...[one.p50, one.p99, one.p999, one.max].map(hundredth),
  ]);
  return table(['heat gate, messages a second', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms'], rows);
}

function growth({ growth: rounds }: Result): string {
  const rows = rounds.map((one) => [
    one.gate,
    `${count(one.size)} ${one.what}`,
    ...[count(one.per_second), tenth(one.node_us), tenth(one.redis_us)],
  ]);
  return table(['gate', 'with', 'a second', 'Node CPU µs', 'Redis CPU µs'], rows);
}

function spread({ median, min, max }: Spread, form: (value: number) => string): string {
  return `${form(median)} (${form(min)}–${form(max)})`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function tenth(value: number): string {
  return value.toFixed(1);
}

function hundredth(value: number): string {
  return value.toFixed(2);
}

function table(head: string[], rows: string[][]): string {
  const made = new Table({ head, style: { head: [], border: [], compact: true } });
  made.push(...rows);
  return made.toString();
}
