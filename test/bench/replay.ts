import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decisionPages } from '../../runtime/desk/decisions/decision-export.ts';
import { type DecisionPage, fileDecisions } from '../../runtime/desk/decisions/decision-file.ts';
import { replay } from '../../runtime/desk/replay/index.ts';
import { type ReplayRules, replayRules } from '../../runtime/desk/replay/rules.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import type { Portfolio } from '../../runtime/settings/portfolio.ts';
import { Crew } from './crew.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import { measureRound } from './round.ts';
import type { BenchServer } from './server.ts';
import { ratioOf, type Spread, spreadOf } from './statistics.ts';
import type { GateName } from './workloads/workload.ts';

const DECISIONS = 12_000;
const QUICK_DECISIONS = 4_000;
/** Everything the log holds. */
const ALL = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

/** How fast the decisions of a gate are made and judged again, in decisions a second. */
export interface ReplayRow {
  readonly gate: GateName;
  readonly decisions: number;
  readonly live: Spread;
  readonly from_redis: Spread;
  readonly from_file: Spread;
  /** From a file over live, round by round. */
  readonly vs_live: Spread;
}

/** Lets each gate with limits work off a backlog, then judges what it logged again, from Redis and from a file, on the same machine at the same time of day. Every decision must come out as logged. */
export async function measureReplay(server: BenchServer, options: Options, say: Say): Promise<ReplayRow[]> {
  const rules = replayRules(await loadHandlers(), {}, new Map(), {});
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  try {
    const rows: ReplayRow[] = [];
    for (const gate of options.gates.filter((name) => rules.has(name))) {
      rows.push(await rowOf(server, gate, options, { rules, file: join(folder, `${gate}.jsonl`) }, say));
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Again {
  readonly rules: ReadonlyMap<string, ReplayRules>;
  readonly file: string;
}

async function rowOf(
  server: BenchServer,
  gate: GateName,
  options: Options,
  again: Again,
  say: Say,
): Promise<ReplayRow> {
  const { positions, rounds, quick } = options;
  const spec = { contestant: 'portcullis', gate, positions, url: server.url } as const;
  const crew = await Crew.start(spec);
  const [live, fromRedis, fromFile]: [number[], number[], number[]] = [[], [], []];
  const decisions = quick ? QUICK_DECISIONS : DECISIONS;
  try {
    const [{ portfolio, units }] = crew.workloads;
    const label = `${gate}:`;
    await measureRound(server, crew, { label, crew: spec }, crew.workloads[0].warmUp);
    for (let round = 0; round < rounds; round += 1) {
      live.push(
        (await measureRound(server, crew, { label, crew: spec }, Math.ceil(decisions / units))).perSecond / units,
      );
      await write(again.file, decisionPages(server.redis, portfolio, ALL));
      if (round === 0) await rateOf(fileDecisions(again.file), again.rules);
      fromRedis.push(await rateOf(logged(server, portfolio), again.rules));
      fromFile.push(await rateOf(fileDecisions(again.file), again.rules));
      say(
        `${label} live ${whole(live)}/s, from Redis ${whole(fromRedis)}/s, from a file ${whole(fromFile)}/s`,
        round + 1,
        rounds,
      );
    }
  } finally {
    await crew.stop();
  }
  const spreads = { live: spreadOf(live), from_redis: spreadOf(fromRedis), from_file: spreadOf(fromFile) };
  return { gate, decisions, ...spreads, vs_live: ratioOf(fromFile, live) };
}

async function* logged({ redis }: BenchServer, portfolio: Portfolio): AsyncGenerator<DecisionPage> {
  for await (const decisions of decisionPages(redis, portfolio, ALL)) yield { decisions, share: 0 };
}

async function write(path: string, pages: ReturnType<typeof decisionPages>): Promise<void> {
  const file = await open(path, 'w');
  try {
    for await (const page of pages) {
      await file.write(page.map(({ id, fields }) => `${JSON.stringify({ id, ...fields })}\n`).join(''));
    }
  } finally {
    await file.close();
  }
}

async function rateOf(pages: AsyncIterable<DecisionPage>, rules: Again['rules']): Promise<number> {
  const startMs = performance.now();
  const { decisions, identical } = await replay({
    pages,
    rules,
    filter: {},
    range: ALL,
    signal: new AbortController().signal,
  });
  if (identical !== decisions) throw new Error(`expected ${decisions} decisions as they were logged, got ${identical}`);
  return (decisions * 1000) / (performance.now() - startMs);
}

function whole(rates: readonly number[]): number {
  return Math.round(rates.at(-1) ?? 0);
}
