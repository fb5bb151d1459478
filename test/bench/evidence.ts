import type { Redis } from 'ioredis';
import { judgesOf } from '../../handlers/contract/faces.ts';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { explainPlan } from '../../runtime/desk/explain/index.ts';
import { bcaOfSum, RESAMPLES } from '../../runtime/desk/report/bootstrap.ts';
import { report } from '../../runtime/desk/report/index.ts';
import { notPlayed, REPORT_RULES, storedMaterial } from '../../runtime/desk/report/stored.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import type { Portfolio } from '../../runtime/settings/portfolio.ts';
import { formatCandle } from '../../schemas/candle.ts';
import { DAY_MS, HOUR_MS } from '../../schemas/duration.ts';
import { keys, runtimeKeys } from '../../schemas/keys.ts';
import { fill } from './backlog.ts';
import { Crew } from './crew.ts';
import { checkDelivery } from './delivery.ts';
import { spreadLog } from './evidence-log.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import { sampleAt } from './round.ts';
import { forgetScriptTimes, type ScriptTimes, scriptTimes } from './script-times.ts';
import type { BenchServer } from './server.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { planId } from './workloads/workload.ts';
import { symbolOf } from './workloads/world.ts';

const GATES = ['heat-gate', 'governor'] as const;
const FULL = { explained: 500_000, reported: 200_000 } as const;
const QUICK = { explained: 20_000, reported: 8_000 } as const;
/** A backlog of so many at most, so that it is the log that fills Redis. */
const STEP = 20_000;
/** Nothing is trimmed before it is asked for. */
const KEEPS_ALL = { STREAM_MAX_LEN: '1000000' } as const;
/** The decisions of a report are of so many days, each hour with a candle of each symbol. */
const DAYS = 60;
/** Blocks of days that the intervals of five years are drawn from. */
const BLOCKS = 913;
const UNBOUNDED_MS = 600_000;

/** How long something takes that is asked of a decision log, in seconds. */
export interface EvidenceRow {
  readonly gate: (typeof GATES)[number] | null;
  readonly what: 'explain, in the burst' | 'explain, by the index' | 'explain, without it' | 'report' | 'interval';
  /** Decisions in the log; blocks for an interval. */
  readonly of: number;
  readonly seconds: Spread;
  /** How long scripts held Redis, microseconds; null without any. */
  readonly script_p99_us: number | null;
  readonly longest_script_us: number | null;
}

interface World {
  readonly server: BenchServer;
  readonly portfolio: Portfolio;
  readonly handlers: readonly AnyHandler[];
  readonly rounds: number;
  readonly positions: number;
  /** Decisions in the log. */
  readonly count: number;
}

/** Lets heat gate and governor fill a log, and asks it: for the way of a plan, and for what it all came to. */
export async function measureEvidence(
  server: BenchServer,
  options: Pick<Options, 'gates' | 'positions' | 'rounds' | 'quick'>,
  say: Say,
): Promise<EvidenceRow[]> {
  const { positions, rounds } = options;
  const rows: EvidenceRow[] = [intervalRow(rounds)];
  const handlers = await loadHandlers();
  const { explained, reported } = options.quick ? QUICK : FULL;
  for (const gate of GATES.filter((name) => options.gates.includes(name))) {
    const count = gate === 'heat-gate' ? explained : reported;
    const crew = await Crew.start({ contestant: 'portcullis', gate, positions, url: server.url, env: KEEPS_ALL });
    try {
      await decide(server, crew, count, say);
      const [{ portfolio }] = crew.workloads;
      const world = { server, portfolio, handlers, rounds, positions, count };
      rows.push(await explainRow(world, { gate, what: 'explain, in the burst' }));
      const fromMs = await spreadOver(world, crew.workloads[0].stream, reported);
      rows.push(await explainRow(world, { gate, what: 'explain, by the index' }));
      await server.redis.del(portfolio.key(runtimeKeys.planIndex));
      rows.push(await explainRow(world, { gate, what: 'explain, without it' }, [0]));
      rows.push(await reportRow(world, gate, { reported, fromMs }));
    } finally {
      await crew.stop();
    }
    say(`${gate}: ${rows.at(-1)?.seconds.median.toFixed(1)} s for a report`, GATES.indexOf(gate) + 1, GATES.length);
  }
  await server.clear();
  return rows;
}

async function decide(server: BenchServer, crew: Crew, count: number, say: Say): Promise<void> {
  const [workload] = crew.workloads;
  await server.clear();
  await server.redis.set(workload.portfolio.key(runtimeKeys.schema), '2');
  await workload.seed(server.redis);
  await crew.go();
  for (let from = 0; from < count; from += STEP) {
    const to = Math.min(count, from + STEP);
    await fill(server, 'portcullis', crew.workloads, { from, to });
    await sampleAt(server, crew, to);
    say(`${workload.gate}: decisions`, to, count);
  }
  await crew.rest();
  await checkDelivery(server.redis, 'portcullis', workload, count);
}

/** The way of the oldest plan, of one in the middle and of the newest, unless others are named. */
async function explainRow(
  { server, portfolio, handlers, rounds, count }: World,
  about: Pick<EvidenceRow, 'gate' | 'what'>,
  plans: readonly number[] = [0, count >> 1, count - 1],
): Promise<EvidenceRow> {
  await forgetScriptTimes(server.redis);
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const plan of plans.map(planId)) {
      const took = await secondsOf(async () => {
        const { steps } = await explainPlan(server.redis, portfolio, handlers, plan, { withinMs: UNBOUNDED_MS });
        const isFound = steps.some(({ step }) => step === 'heat' || step === 'governor');
        if (!isFound) throw new Error(`explain: expected a decision about ${plan}, got none`);
      });
      seconds.push(took);
    }
  }
  return { ...about, of: count, seconds: spreadOf(seconds), ...scriptsOf(await scriptTimes(server.redis)) };
}

async function reportRow(
  { server, portfolio, handlers, rounds }: World,
  gate: (typeof GATES)[number],
  { reported, fromMs }: { readonly reported: number; readonly fromMs: number },
): Promise<EvidenceRow> {
  const judge = judgesOf(handlers).find((one) => one.gate === gate);
  if (judge === undefined) throw new Error(`report: expected the gate ${gate}, got none`);
  await forgetScriptTimes(server.redis);
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const took = await secondsOf(async () => {
      const made = await report({
        ...storedMaterial(server.redis, portfolio),
        ...REPORT_RULES,
        ...{ judge, portfolio: undefined, played: notPlayed(judge.gate) },
        ...{ range: { fromMs, toMs: Date.now() }, endsAtLast: true },
        signal: new AbortController().signal,
      });
      if (made.looked_at !== reported) throw new Error(`report: expected ${reported} decisions, got ${made.looked_at}`);
    });
    seconds.push(took);
  }
  const scripts = scriptsOf(await scriptTimes(server.redis));
  return { gate, what: 'report', of: reported, seconds: spreadOf(seconds), ...scripts };
}

/** Puts the log where it would be at so many decisions in two months, with the prices of these; answers when they begin. */
async function spreadOver(
  { server: { redis }, portfolio, positions, count }: World,
  inputs: string,
  reported: number,
): Promise<number> {
  const endMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const stepMs = Math.floor((DAYS * DAY_MS) / reported);
  const fromMs = endMs - reported * stepMs;
  await spreadLog(redis, portfolio, { inputs, stepMs, startMs: endMs - count * stepMs });
  await putCandles(redis, portfolio, { fromMs, positions });
  return fromMs;
}

/** Prices that rise and fall by a few per cent within days. */
async function putCandles(
  redis: Redis,
  portfolio: Portfolio,
  { fromMs, positions }: { readonly fromMs: number; readonly positions: number },
): Promise<void> {
  for (let index = 0; index < positions; index += 1) {
    const candles: Record<string, string> = {};
    for (let hour = -1; hour <= DAYS * 24; hour += 1) {
      const close = 1 + 0.05 * Math.sin(hour / (7 + index));
      candles[String(fromMs + hour * HOUR_MS)] = formatCandle({
        ...{ open: close, high: close, low: close, close, volume: undefined },
      });
    }
    await redis.hset(portfolio.key(keys.candles(symbolOf(index, positions), '1h')), candles);
  }
}

function intervalRow(rounds: number): EvidenceRow {
  const blocks = Array.from({ length: BLOCKS }, (_, at) => 1_000 * Math.sin(at * at));
  const seconds = Array.from({ length: rounds }, () => {
    const startMs = performance.now();
    bcaOfSum(blocks, { resamples: RESAMPLES });
    return (performance.now() - startMs) / 1000;
  });
  return { gate: null, what: 'interval', of: BLOCKS, seconds: spreadOf(seconds), ...scriptsOf(undefined) };
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}

function scriptsOf(times: ScriptTimes | undefined): Pick<EvidenceRow, 'script_p99_us' | 'longest_script_us'> {
  return { script_p99_us: times?.p99_us ?? null, longest_script_us: times?.longest_us ?? null };
}
