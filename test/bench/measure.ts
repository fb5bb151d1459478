import { type AgainstRow, measureAgainst, workerIn } from './against.ts';
import { measureBookRisk } from './book-risk.ts';
import { ceilingOf } from './ceiling.ts';
import { measureCommits } from './commits.ts';
import { compareGate, type GateFigures } from './comparison.ts';
import { measureConsole } from './console.ts';
import { measureDoor } from './door.ts';
import { measureEvidence } from './evidence.ts';
import { axes, type GrowthRow, measureAxis } from './growth.ts';
import { measureIdle } from './idle.ts';
import { type Latency, measureLatency } from './latency.ts';
import { measureLogSize } from './log-size.ts';
import { measureMemory } from './memory.ts';
import type { Options } from './options.ts';
import type { BenchPart } from './parts.ts';
import { measurePipeline } from './pipeline.ts';
import type { Say } from './progress.ts';
import { measureReplay } from './replay.ts';
import type { Measured } from './result.ts';
import { measureSealing } from './sealing.ts';
import type { BenchServer } from './server.ts';
import { measureSlowNetwork } from './slow-network.ts';
import { measureTrace } from './trace.ts';
import type { GateName } from './workloads/workload.ts';

const CEILING_ENTRIES = 100_000;
const GROWTH_ROUNDS = 3;
/** The quick run gives most of its time to the gate that its ratios are first about. */
const OTHERS_SHARE = 0.6;
const FULL_LATENCY = { rates: [100, 500, 2000, 5000], seconds: 10, delays: [0, 1], rounds: 3 };
const QUICK_LATENCY = { rates: [500], seconds: 2, delays: [0], rounds: 1 };

/** Measures the chosen parts, one after the other. */
export async function measure(server: BenchServer, options: Options, saying: (part: string) => Say): Promise<Measured> {
  const wanted = (part: BenchPart) => options.parts.includes(part);
  const plan = { ...options, rounds: Math.min(options.rounds, options.quick ? 1 : GROWTH_ROUNDS) };
  const gates = wanted('throughput') ? await compareGates(server, options, saying('throughput')) : new Map();
  const pipeline = wanted('pipeline') ? await measurePipeline(server, options, saying('pipeline')) : undefined;
  const commits = wanted('commits') ? await measureCommits(server, plan, saying('commits')) : [];
  const ceiling = wanted('ceiling') ? await ceilingPart(server, options, saying('ceiling')) : undefined;
  const latency = wanted('latency') ? await latencyPart(server, options, saying('latency')) : [];
  const growth: GrowthRow[] = [];
  for (const axis of axes) {
    if (wanted(axis)) growth.push(...(await measureAxis(server, axis, plan, saying(axis))));
  }
  const idle = wanted('idle') ? await measureIdle(server, options, saying('idle')) : [];
  const door = wanted('door') ? await measureDoor(server, options, saying('door')) : [];
  const seen = wanted('console') ? await measureConsole(server, options, saying('console')) : undefined;
  const book_risk = wanted('book-risk') ? await measureBookRisk(server, options, saying('book-risk')) : [];
  const slow = wanted('slow-network') ? await measureSlowNetwork(server, options, saying('slow-network')) : [];
  const replay = wanted('replay') ? await measureReplay(server, plan, saying('replay')) : [];
  const evidence = wanted('evidence') ? await measureEvidence(server, plan, saying('evidence')) : [];
  const sealing = wanted('sealing') ? await measureSealing(server, plan, saying('sealing')) : [];
  const trace = wanted('trace') ? await measureTrace(server, options, saying('trace')) : [];
  const log_size = wanted('log-size') ? await measureLogSize(server, options, saying('log-size')) : [];
  const memory = wanted('memory') ? await measureMemory(server, options, saying('memory')) : [];
  const against = await againstPart(server, options, saying('against'));
  const first = { gates, pipeline, commits, ceiling, latency, growth, idle, door, console: seen, book_risk };
  return { ...first, slow, replay, evidence, sealing, trace, log_size, memory, against };
}

async function compareGates(server: BenchServer, options: Options, say: Say): Promise<Map<GateName, GateFigures>> {
  const measured = new Map<GateName, GateFigures>();
  for (const gate of options.gates) {
    const share = options.quick && gate !== 'heat-gate' ? OTHERS_SHARE : 1;
    const plan = { ...options, seconds: options.seconds * share };
    measured.set(gate, await compareGate(server, gate, plan, say));
  }
  return measured;
}

async function againstPart(server: BenchServer, options: Options, say: Say): Promise<AgainstRow[]> {
  if (options.against === undefined) return [];
  return await measureAgainst(server, workerIn(options.against), options, say);
}

async function ceilingPart(server: BenchServer, { positions }: Options, say: Say): Promise<number | undefined> {
  const found = await ceilingOf(server, positions, CEILING_ENTRIES);
  say(found === undefined ? 'redis-benchmark is not installed' : `redis-benchmark ${Math.round(found)}/s`, 1, 1);
  return found;
}

async function latencyPart(server: BenchServer, { quick, positions }: Options, say: Say): Promise<Latency[]> {
  const { delays, ...plan } = quick ? QUICK_LATENCY : FULL_LATENCY;
  const found: Latency[] = [];
  for (const delayMs of delays) found.push(...(await measureLatency(server, { ...plan, positions, delayMs }, say)));
  return found;
}
