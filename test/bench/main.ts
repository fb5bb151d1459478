import { cpus } from 'node:os';
import { ceilingOf } from './ceiling.ts';
import { compareGate, type GateFigures } from './comparison.ts';
import { measureGrowth } from './growth.ts';
import { type Latency, measureLatency } from './latency.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { type Result, resultOf } from './result.ts';
import { type BenchServer, startServer } from './server.ts';
import { tablesOf } from './table.ts';
import { workloadOf } from './workloads/index.ts';
import type { GateName } from './workloads/workload.ts';

const RATES = [100, 500, 2000, 5000];
const QUICK_RATES = [500];
const CEILING_ENTRIES = 100_000;

/** Measures everything on a Redis of its own and prints it: progress on stderr, a table or one JSON object on stdout. */
export async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  const server = await startServer(options.aof);
  try {
    const result = await measure(server, options, (line) => process.stderr.write(`${line}\n`));
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : tablesOf(result));
    return 0;
  } finally {
    await server.stop();
  }
}

async function measure(server: BenchServer, options: Options, say: (line: string) => void): Promise<Result> {
  const measured = new Map<GateName, GateFigures>();
  for (const gate of options.gates) measured.set(gate, await compareGate(server, gate, options, say));
  const ceiling = await ceilingOf(server, workloadOf('heat-gate', options.positions), CEILING_ENTRIES);
  const latency = await latencies(server, options, say);
  const growth = options.quick ? [] : await measureGrowth(server, options.positions, say);
  return resultOf(options, { redis: server.version, cpus: cpus().length }, measured, { ceiling, latency, growth });
}

async function latencies(server: BenchServer, options: Options, say: (line: string) => void): Promise<Latency[]> {
  const found: Latency[] = [];
  for (const perSecond of options.quick ? QUICK_RATES : RATES) {
    const seconds = options.quick ? 2 : 10;
    const latency = await measureLatency(server, { perSecond, seconds, positions: options.positions });
    say(`latency at ${perSecond}/s: p50 ${latency.p50.toFixed(2)} ms, p99 ${latency.p99.toFixed(2)} ms`);
    found.push(latency);
  }
  return found;
}
