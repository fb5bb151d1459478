import { setTimeout as pause } from 'node:timers/promises';
import { fill, finished } from './backlog.ts';
import type { Crew, CrewSpec } from './crew.ts';
import { checkDelivery } from './delivery.ts';
import { forgetScriptTimes, type ScriptTimes, scriptTimes } from './script-times.ts';
import type { Aof, BenchServer } from './server.ts';
import type { Workload } from './workloads/workload.ts';

const POLL_MS = 5;
/** Asking for many portfolios takes Redis's time: then it is done less often. */
const PORTFOLIOS_A_POLL = 10;
const STALLED_MS = 30_000;
/** The first part of a backlog is not counted: connecting, the first reads, the first batches. */
const HEAD = 0.15;
/** More than BullMQ has in hand at once. */
const LEAST_HEAD = 120;

/** What a round measured. CPU is in microseconds a unit (a message, or a symbol of a budget tick). */
export interface Round {
  readonly perSecond: number;
  readonly nodeUs: number;
  readonly redisUs: number;
  /** What the worker processes held at the end. */
  readonly rssBytes: number;
  readonly scripts: ScriptTimes | undefined;
}

/** One thing that is measured beside others, round by round. */
export interface Variant {
  readonly label: string;
  readonly crew: CrewSpec;
  /** Done before the messages are written, in the world that is seeded. */
  readonly before?: (server: BenchServer, workload: Workload) => Promise<void>;
  /** How the server keeps what is written in this round; as the whole run has it without it. */
  readonly aof?: Aof;
  /** Whether work starts before the messages are there, as it must where starting takes long. */
  readonly goFirst?: boolean;
}

interface Sample {
  readonly atMs: number;
  readonly done: number;
  readonly nodeUs: number;
  readonly redisUs: number;
  readonly rssBytes: number;
}

/** Lets a crew work off a backlog of `counted` messages and some more before them, and checks that everything was delivered once. */
export async function measureRound(server: BenchServer, crew: Crew, variant: Variant, counted: number): Promise<Round> {
  const { redis } = server;
  const [first] = crew.workloads;
  const each = Math.ceil(backlogOf(counted) / crew.workloads.length);
  await prepare(server, crew, variant);
  const already = await finished(redis, crew.spec.contestant, crew.workloads);
  const all = already + each * crew.workloads.length;
  if (variant.goFirst === true) await crew.go();
  await fill(server, crew.spec.contestant, crew.workloads, { from: 0, to: each });
  await forgetScriptTimes(redis);
  if (variant.goFirst !== true) await crew.go();
  const start = await sampleAt(server, crew, all - counted);
  const end = await sampleAt(server, crew, all);
  const scripts = await scriptTimes(redis);
  for (const workload of crew.workloads) await checkDelivery(redis, crew.spec.contestant, workload, each);
  await crew.rest();
  return { ...between(start, end, first.units), scripts };
}

/** As many messages as are worked off so that `counted` of them count. */
export function backlogOf(counted: number): number {
  return Math.ceil(counted + Math.max(counted * HEAD, LEAST_HEAD));
}

async function prepare(server: BenchServer, crew: Crew, { before, aof }: Variant): Promise<void> {
  await server.clear();
  await server.keep(aof);
  for (const workload of crew.workloads) {
    await workload.seed(server.redis);
    await before?.(server, workload);
  }
}

/** Waits until a crew has finished `target` messages; throws when it finishes none for half a minute. */
export async function sampleAt(server: BenchServer, crew: Crew, target: number): Promise<Sample> {
  let [before, changedMs] = [-1, performance.now()];
  for (;;) {
    const done = await finished(server.redis, crew.spec.contestant, crew.workloads);
    const atMs = performance.now();
    if (done >= target) return await sample(server, crew);
    if (done !== before) [before, changedMs] = [done, atMs];
    if (atMs - changedMs > STALLED_MS) {
      const { contestant, gate } = crew.spec;
      throw new Error(`${contestant} ${gate}: ${done} of ${target} messages, then none for ${STALLED_MS / 1000} s`);
    }
    await pause(POLL_MS * Math.ceil(crew.workloads.length / PORTFOLIOS_A_POLL));
  }
}

/** All at the same moment, as far as that goes: the crew works on meanwhile. */
async function sample(server: BenchServer, crew: Crew): Promise<Sample> {
  const [done, { cpuUs, rssBytes }, redisUs] = await Promise.all([
    finished(server.redis, crew.spec.contestant, crew.workloads),
    crew.usage(),
    server.cpuUs(),
  ]);
  return { atMs: performance.now(), done, nodeUs: cpuUs, rssBytes, redisUs };
}

function between(first: Sample, last: Sample, unitsPerMessage: number): Omit<Round, 'scripts'> {
  const units = (last.done - first.done) * unitsPerMessage;
  return {
    perSecond: (units * 1000) / (last.atMs - first.atMs),
    nodeUs: (last.nodeUs - first.nodeUs) / units,
    redisUs: (last.redisUs - first.redisUs) / units,
    rssBytes: last.rssBytes,
  };
}
