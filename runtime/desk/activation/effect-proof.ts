import type { Redis } from 'ioredis';
import { type ProofKind, proofKinds, proofTotal, WATCHED_SINCE } from '../../../schemas/effect-proof.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { consumersOf } from '../../engine/lane/recovery.ts';
import { measureLag } from '../../engine/status/lag.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** How often a fact was seen since `since`, and the last time. Unix seconds; null before the first. */
export interface ProvenFact {
  readonly count: number;
  readonly last_at: number | null;
  readonly last_plan_id: string;
}

/** A consumer group that reads `harvest.calibrated`. */
export interface CalibratedReader {
  readonly group: string;
  /** Seconds since a consumer of it last asked for entries; null without consumers. */
  readonly idle_sec: number | null;
  /** Entries that it has not been given yet. */
  readonly waiting: number;
}

/** Whether somebody acts on what the gates write (contract §4, Effect proof). */
export type EffectProof = Readonly<Record<ProofKind, ProvenFact>> & {
  /** Unix seconds from which on this was looked at; null where it never was. */
  readonly since: number | null;
  readonly calibrated_readers: readonly CalibratedReader[];
};

/** Reads the effect proof of a portfolio, as it is kept over restarts. A key of another type counts as absent. */
export async function effectProofOf(redis: Redis, portfolio: Portfolio): Promise<EffectProof> {
  const fields = await totalsOf(redis, portfolio);
  const facts = Object.fromEntries(proofKinds.map((kind) => [kind, provenFact(fields, kind)]));
  return {
    ...(facts as Record<ProofKind, ProvenFact>),
    since: secondsOf(parseNumber(fields[WATCHED_SINCE])),
    calibrated_readers: await calibratedReaders(redis, portfolio),
  };
}

function provenFact(fields: Fields, kind: ProofKind): ProvenFact {
  const { count, lastMs, lastPlanId } = proofTotal(fields, kind);
  return { count, last_at: secondsOf(lastMs), last_plan_id: lastPlanId ?? '' };
}

function secondsOf(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.floor(ms / 1000);
}

async function totalsOf(redis: Redis, portfolio: Portfolio): Promise<Fields> {
  const key = portfolio.key(keys.effectProof);
  if ((await redis.type(key)) !== 'hash') return fieldsOf([]);
  return fieldsOf(Object.entries(await redis.hgetall(key)).flat());
}

async function calibratedReaders(redis: Redis, portfolio: Portfolio): Promise<readonly CalibratedReader[]> {
  const stream = portfolio.streamKey(streams.calibrated);
  if ((await redis.type(stream)) !== 'stream') return [];
  const groups = (await redis.xinfo('GROUPS', stream)) as unknown[][];
  const names = groups.map((group) => String(group[group.indexOf('name') + 1]));
  return await Promise.all(names.map((group) => readerOf(redis, stream, group)));
}

async function readerOf(redis: Redis, stream: string, group: string): Promise<CalibratedReader> {
  const idle = (await consumersOf(redis, stream, group)).map(({ idleMs }) => idleMs);
  const { undelivered } = await measureLag(redis, { stream, group });
  return {
    group,
    idle_sec: idle.length === 0 ? null : Math.floor(Math.min(...idle) / 1000),
    waiting: undelivered,
  };
}
