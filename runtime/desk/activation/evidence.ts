import { setImmediate } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { Refusal } from '../../engine/commit/operation.ts';
import { workersOf } from '../../engine/policy/followers.ts';
import { measureLag } from '../../engine/status/lag.ts';
import type { LaneRef } from '../../engine/streams/lanes.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { ACTIVATION_LIMITS } from '../../settings/activation-settings.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { decisionPages, type TimeRange } from '../decisions/decision-export.ts';
import { withLimitsInForce } from '../evaluate/limits.ts';
import type { ActivationEvidence } from './checklist.ts';
import { activatedGate, type Gates } from './gates.ts';
import { EvidenceLog, type LogEvidence } from './log-evidence.ts';
import { lastRehearsal } from './rehearsal.ts';
import { underPolicy } from './since.ts';
import { upTimeOf } from './up-time.ts';
import { wiringOf } from './wiring.ts';

const PAGE = 500;
/** Decisions of one turn of the event loop: a process that judges too must not stand still meanwhile. */
const TURN = 50;

/** What an activation is judged by, and the version of the policy that it is about. */
export interface GatheredEvidence extends ActivationEvidence {
  readonly version: string;
}

/** Gathers what an activation of a gate is judged by. `onPage` is told how much of the log is read, 0 … 1. */
export async function gatherEvidence(
  redis: Redis,
  portfolio: Portfolio,
  { handlers, lanes, limits = ACTIVATION_LIMITS }: Gates,
  name: string,
  onPage?: (share: number) => void,
): Promise<GatheredEvidence> {
  const { gate, resting, enforcing, judge } = activatedGate(handlers, name);
  const own = lanes.filter((lane) => lane.gate === gate);
  if (own.length === 0) throw new Refusal(`expected a gate that runs in this process (GATES), got ${gate}`);
  const { mode, version, sinceMs, problem } = await underPolicy(redis, portfolio, gate);
  const nowMs = await redisNowMs(redis);
  const range = { fromMs: sinceMs ?? nowMs, toMs: nowMs };
  const collected = await evidenceLog(redis, portfolio, judge);
  await readLog(redis, portfolio, range, collected, onPage);
  const log = collected.result();
  const live = await liveKeys(redis, portfolio, handlers, gate, log);
  return {
    nowMs,
    mode,
    resting,
    enforcing,
    version,
    sinceMs,
    sinceProblem: problem,
    log,
    limits,
    upTime: await upTimeOf(redis, portfolio, gate, { fromMs: firstOf(log, range.fromMs), toMs: nowMs }),
    deadLetters: await deadLettersSince(redis, own, range.fromMs),
    liveKeys: live.keys,
    unwritableKeys: live.unwritable,
    wiring: await wiringOf(redis, portfolio, { handlers, judge }, log, { sinceMs: range.fromMs, nowMs }),
    workers: await workersOf(redis, portfolio, gate),
    waitingMs: await longestWaitMs(redis, own),
    rehearsal: await lastRehearsal(redis, portfolio, gate),
  };
}

/** The evidence begins with the first decision under the limits in force. */
function firstOf({ figures }: LogEvidence, sinceMs: number): number {
  return Math.max(sinceMs, (figures.from ?? 0) * 1000);
}

async function readLog(
  redis: Redis,
  portfolio: Portfolio,
  range: TimeRange,
  collected: EvidenceLog,
  onPage?: (share: number) => void,
): Promise<void> {
  let fromMs: number | undefined;
  for await (const page of decisionPages(redis, portfolio, range)) {
    for (const [at, decision] of page.entries()) {
      collected.add(decision);
      if (at % TURN === TURN - 1) await setImmediate();
    }
    fromMs ??= streamIdMs(page[0]?.id ?? '0-0');
    onPage?.((streamIdMs(page.at(-1)?.id ?? '0-0') - fromMs) / Math.max(1, range.toMs - fromMs));
  }
}

/** What of the decision log an activation of a gate is judged by: read by the limits in force in its workers. */
export async function evidenceLog(redis: Redis, portfolio: Portfolio, judge: AnyHandler): Promise<EvidenceLog> {
  const defaults = judge.settings.safeParse({}).data;
  const { settings } = await withLimitsInForce(redis, portfolio, { handler: judge, settings: defaults });
  return new EvidenceLog(judge, settings);
}

/** Dead letters of a gate's lanes that were set aside from a moment (Unix ms) on and are still there. */
export async function deadLettersSince(redis: Redis, lanes: readonly LaneRef[], fromMs: number): Promise<number> {
  let count = 0;
  for (const { stream, group } of lanes) {
    const key = stream.deadLetters;
    if ((await redis.type(key)) !== 'stream') continue;
    let from = String(Math.ceil(fromMs));
    for (;;) {
      const page = await redis.xrange(key, from, '+', 'COUNT', PAGE);
      count += page.filter(([, flat]) => flat[flat.lastIndexOf('dlq_group') + 1] === group).length;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      from = `(${last[0]}`;
    }
  }
  return count;
}

/** How long the oldest message of these lanes has been waiting, delivered or not, milliseconds. */
export async function longestWaitMs(redis: Redis, lanes: readonly LaneRef[]): Promise<number> {
  const lags = await Promise.all(lanes.map(({ stream, group }) => measureLag(redis, { stream: stream.key, group })));
  return Math.max(0, ...lags.flatMap(({ ageMs, oldestPendingMs }) => [ageMs, oldestPendingMs]));
}

/** The hashes of others that the gate will write for these symbols, and those of them that are something else. */
async function liveKeys(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
  gate: string,
  { symbols }: LogEvidence,
): Promise<{ readonly keys: number; readonly unwritable: readonly string[] }> {
  const families = handlers.flatMap((one) => (one.gate === gate ? (one.writesInto ?? []) : []));
  const names = families.flatMap((family) => symbols.map((symbol) => portfolio.key(`${family}${symbol}`)));
  const pipeline = redis.pipeline();
  for (const name of names) pipeline.type(name);
  const types = ((await pipeline.exec()) ?? []).map(([, type]) => String(type));
  return { keys: names.length, unwritable: names.filter((_name, at) => !['none', 'hash'].includes(types[at] ?? '')) };
}
