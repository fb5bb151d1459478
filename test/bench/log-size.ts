import { runtimeKeys, streams } from '../../schemas/keys.ts';
import { fill } from './backlog.ts';
import { Crew } from './crew.ts';
import { checkDelivery } from './delivery.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import { sampleAt } from './round.ts';
import type { BenchServer } from './server.ts';
import { flatWith, liveFields, nowSeconds, type Workload } from './workloads/workload.ts';
import { symbolOf } from './workloads/world.ts';

const GATES = ['heat-gate', 'governor'] as const;
/** By the schema of the data: each decision says its facts, or names them. */
const FORMS = { inline: '1', shared: '2' } as const;
/** Decisions on a book that stands still; on one with a snapshot for every decision there are fewer. */
const DECISIONS = { still: 4_000, moving: 600 } as const;
const KEPT = 200_000;
const BYTES_A_MB = 1e6;
const PAGE = 1_000;

/** What a decision takes, in bytes of names and values unless it says otherwise. */
export interface LogSizeRow {
  readonly gate: (typeof GATES)[number];
  readonly form: keyof typeof FORMS;
  /** Whether a snapshot came before every decision. */
  readonly book: keyof typeof DECISIONS;
  readonly decisions: number;
  readonly log_bytes: number;
  /** Its share of what is written once for many. */
  readonly facts_bytes: number;
  /** Bytes of the append-only file for it, its outputs and what is noted with them. */
  readonly aof_bytes: number;
  /** Megabytes of Redis that 200,000 of them take in the log and the facts. */
  readonly kept_mb: number;
}

/** Lets heat gate and governor decide in both forms of the log, and looks at what that takes. */
export async function measureLogSize(
  server: BenchServer,
  { positions, gates }: Pick<Options, 'positions' | 'gates'>,
  say: Say,
): Promise<LogSizeRow[]> {
  const rows: LogSizeRow[] = [];
  const chosen = GATES.filter((gate) => gates.includes(gate));
  const all = chosen.length * 4;
  await server.keep('everysec');
  // A file that is written anew meanwhile grows by less.
  await server.redis.config('SET', 'auto-aof-rewrite-percentage', 0);
  for (const gate of chosen) {
    const crew = await Crew.start({ contestant: 'portcullis', gate, positions, url: server.url });
    try {
      for (const form of ['inline', 'shared'] as const) {
        for (const book of ['still', 'moving'] as const) {
          const row = await rowOf(server, crew, { gate, form, book });
          rows.push(row);
          say(`${gate} ${form}, ${book}: ${Math.round(row.log_bytes + row.facts_bytes)} bytes`, rows.length, all);
        }
      }
    } finally {
      await crew.stop();
    }
  }
  await server.keep();
  return rows;
}

async function rowOf(
  server: BenchServer,
  crew: Crew,
  about: Pick<LogSizeRow, 'gate' | 'form' | 'book'>,
): Promise<LogSizeRow> {
  const [workload] = crew.workloads;
  const { redis } = server;
  const { portfolio } = workload;
  const decisions = DECISIONS[about.book];
  await server.clear();
  await redis.set(portfolio.key(runtimeKeys.schema), FORMS[about.form]);
  await workload.seed(redis);
  await crew.go();
  const writtenBytes =
    about.book === 'still' ? await atOnce(server, crew, decisions) : await oneByOne(server, crew, decisions);
  await crew.rest();
  await checkDelivery(redis, 'portcullis', workload, decisions);
  const log = portfolio.streamKey(streams.decisions);
  const facts = portfolio.streamKey(streams.decisionFacts);
  const kept = (await memoryOf(server, log)) + (await memoryOf(server, facts));
  return {
    ...about,
    decisions,
    log_bytes: (await bytesOf(server, log)) / decisions,
    facts_bytes: (await bytesOf(server, facts)) / decisions,
    aof_bytes: writtenBytes / decisions,
    kept_mb: (kept * KEPT) / decisions / BYTES_A_MB,
  };
}

/** Answers how much the append-only file has grown by the work, the entries themselves left out. */
async function atOnce(server: BenchServer, crew: Crew, decisions: number): Promise<number> {
  const before = await aofBytes(server);
  const written = entriesBytes(crew.workloads[0], decisions);
  await fill(server, 'portcullis', crew.workloads, { from: 0, to: decisions });
  await sampleAt(server, crew, decisions);
  return (await aofBytes(server)) - before - written;
}

async function oneByOne(server: BenchServer, crew: Crew, decisions: number): Promise<number> {
  const [workload] = crew.workloads;
  const snapshots = workload.portfolio.streamKey(streams.snapshots);
  const { positions } = crew.spec;
  const sample = liveFields('position.snapshot');
  const before = await aofBytes(server);
  let written = entriesBytes(workload, decisions);
  for (let at = 0; at < decisions; at += 1) {
    const quantity = String(2_000 + at);
    const about = { symbol: symbolOf(at * 7, positions), position_qty: quantity, timestamp: nowSeconds() };
    const snapshot = flatWith(sample, about);
    written += commandBytes(['XADD', snapshots, '*'.repeat(15), ...snapshot]);
    await server.redis.xadd(snapshots, '*', ...snapshot);
    await fill(server, 'portcullis', crew.workloads, { from: at, to: at + 1 });
    await sampleAt(server, crew, at + 1);
  }
  return (await aofBytes(server)) - before - written;
}

async function aofBytes({ redis }: BenchServer): Promise<number> {
  return Number(/aof_current_size:(\d+)/.exec(await redis.info('persistence'))?.[1] ?? 0);
}

/** What the messages themselves take in the append-only file. */
function entriesBytes(workload: Workload, count: number): number {
  let bytes = 0;
  for (let at = 0; at < count; at += 1) {
    bytes += commandBytes(['XADD', workload.stream, '*'.repeat(15), ...workload.entry(at)]);
  }
  return bytes;
}

function commandBytes(words: readonly string[]): number {
  const each = words.map((word) => Buffer.byteLength(word)).map((size) => size + String(size).length + 5);
  return each.reduce((sum, size) => sum + size, 1 + String(words.length).length + 2);
}

async function memoryOf({ redis }: BenchServer, key: string): Promise<number> {
  return Number((await redis.memory('USAGE', key, 'SAMPLES', 0)) ?? 0);
}

async function bytesOf({ redis }: BenchServer, stream: string): Promise<number> {
  let [bytes, from] = [0, '-'];
  for (;;) {
    const page = await redis.xrange(stream, from, '+', 'COUNT', PAGE);
    for (const [, flat] of page) bytes += flat.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const last = page.at(-1);
    if (last === undefined) return bytes;
    from = `(${last[0]}`;
  }
}
