import { setTimeout as pause } from 'node:timers/promises';
import { fill, finished } from './backlog.ts';
import type { Contestant } from './contestants/contestant.ts';
import { Crew } from './crew.ts';
import { checkDelivery } from './delivery.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import { sampleAt } from './round.ts';
import type { BenchServer } from './server.ts';
import { percentile } from './statistics.ts';
import { nowUs, type TracedMessage } from './tracer.ts';
import type { GateName } from './workloads/workload.ts';

/** One message at a time: this long after the one before it was done, and so many of them. */
const PACES = [
  { afterMs: 2, messages: 1_000, quick: 200 },
  { afterMs: 300, messages: 60, quick: 15 },
] as const;
/** What is done for each read is compiled by then. */
const NOT_COUNTED = 300;
const GIVE_UP_MS = 30_000;
/** Most messages are done by then: who asks earlier takes Redis's time from them. */
const UNTIL_ASKED_MS = 3;

/** What is followed: a bare loop asks for no facts and judges nothing. */
const FOLLOWED = ['portcullis', 'bare_loop'] as const satisfies readonly Contestant[];
const NOT_OF_A_LOOP: ReadonlySet<string> = new Set(['facts, round trip', 'judge and pack']);

/** The steps of a message's way, in order; the last is the sum of the others. */
const STEPS: readonly (readonly [name: string, us: (sentUs: number, message: TracedMessage) => number])[] = [
  ['XADD to the worker told', (sentUs, { readUs }) => readUs - sentUs],
  ['read', (_, { readUs, factsFromUs }) => factsFromUs - readUs],
  ['facts, round trip', (_, { factsFromUs, factsToUs }) => factsToUs - factsFromUs],
  ['judge and pack', (_, { factsToUs, commitFromUs }) => commitFromUs - factsToUs],
  ['commit, round trip', (_, { commitFromUs, commitToUs }) => commitToUs - commitFromUs],
  ['all', (sentUs, { commitToUs }) => commitToUs - sentUs],
];

/** What one step of a message's way takes, in microseconds. */
export interface TraceRow {
  readonly gate: GateName;
  readonly who: (typeof FOLLOWED)[number];
  /** Milliseconds of rest before each message. */
  readonly after_ms: number;
  readonly step: string;
  readonly messages: number;
  readonly p50_us: number;
  readonly p99_us: number;
}

/** Follows messages through each gate and its bare loop, one at a time. A budget tick is not one: it stands for all symbols. */
export async function measureTrace(
  server: BenchServer,
  { positions, gates, quick }: Pick<Options, 'positions' | 'gates' | 'quick'>,
  say: Say,
): Promise<TraceRow[]> {
  const rows: TraceRow[] = [];
  const chosen = gates.filter((gate) => gate !== 'risk-governor');
  const runs = chosen.flatMap((gate) => FOLLOWED.map((who) => ({ gate, who })));
  for (const [at, { gate, who }] of runs.entries()) {
    const crew = await Crew.start({ contestant: who, gate, positions, url: server.url, trace: true });
    try {
      const own = (await traceGate(server, crew, quick)).map((row) => ({ gate, who, ...row }));
      rows.push(...own.filter(({ step }) => who === 'portcullis' || !NOT_OF_A_LOOP.has(step)));
      const all = own.find(({ step }) => step === 'all');
      say(`${gate} ${who}: p50 ${Math.round(all?.p50_us ?? Number.NaN)} µs`, at + 1, runs.length);
    } finally {
      await crew.stop();
    }
  }
  return rows;
}

async function traceGate(server: BenchServer, crew: Crew, quick: boolean): Promise<Omit<TraceRow, 'gate' | 'who'>[]> {
  const [workload] = crew.workloads;
  const { contestant } = crew.spec;
  const warm = Math.ceil(workload.warmUp * (quick ? 0.5 : 1));
  const rows: Omit<TraceRow, 'gate' | 'who'>[] = [];
  await server.clear();
  await workload.seed(server.redis);
  await fill(server, contestant, crew.workloads, { from: 0, to: warm });
  await crew.go();
  await sampleAt(server, crew, warm);
  let from = warm;
  const send = async (count: number, afterMs: number) => {
    const sent = await sendEach(server, crew, { from, to: from + count, afterMs });
    from += count;
    return sent;
  };
  await send(NOT_COUNTED, 0);
  await crew.traced();
  for (const { afterMs, messages, quick: fewer } of PACES) {
    const sentUs = await send(quick ? fewer : messages, afterMs);
    rows.push(...rowsOf(sentUs, await crew.traced()).map((row) => ({ after_ms: afterMs, ...row })));
  }
  await sampleAt(server, crew, from);
  await checkDelivery(server.redis, contestant, workload, from);
  await crew.rest();
  return rows;
}

/** Sends messages one by one, each once the one before it was done, and answers when each was sent, by its id. */
async function sendEach(
  { redis }: BenchServer,
  { workloads }: Crew,
  { from, to, afterMs }: { from: number; to: number; afterMs: number },
): Promise<Map<string, number>> {
  const [{ stream, entry }] = workloads;
  const sentUs = new Map<string, number>();
  for (let index = from; index < to; index += 1) {
    await pause(afterMs);
    const fields = entry(index);
    const us = nowUs();
    sentUs.set(String(await redis.xadd(stream, '*', ...fields)), us);
    await pause(UNTIL_ASKED_MS);
    while ((await finished(redis, 'portcullis', workloads)) <= index) {
      if (nowUs() - us > GIVE_UP_MS * 1e3)
        throw new Error(`trace: message ${index} is not done after ${GIVE_UP_MS} ms`);
      await pause(1);
    }
  }
  return sentUs;
}

/** What each step took, of the messages that were sent and traced. */
export function rowsOf(
  sentUs: ReadonlyMap<string, number>,
  traced: readonly TracedMessage[],
): Omit<TraceRow, 'gate' | 'who' | 'after_ms'>[] {
  const found = traced.flatMap((message) => {
    const us = sentUs.get(message.id);
    return us === undefined ? [] : [{ us, message }];
  });
  if (found.length === 0) throw new Error(`trace: expected to follow ${sentUs.size} messages, got none`);
  return STEPS.map(([step, of]) => {
    const sorted = found.map(({ us, message }) => of(us, message)).sort((a, b) => a - b);
    return { step, messages: sorted.length, p50_us: percentile(sorted, 50), p99_us: percentile(sorted, 99) };
  });
}
