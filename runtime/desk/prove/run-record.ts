import type { Redis } from 'ioredis';
import { z } from 'zod';
import { ProofRun } from '../../../schemas/api/proof.ts';
import { DAY_SEC, SECOND_MS } from '../../../schemas/duration.ts';
import { parseJson } from '../../../schemas/json.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { isWrongType } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { HOSTED_SEC } from './invitation.ts';

const KEPT_SEC = 7 * DAY_SEC;

/** What is known of a proof, and when (Unix ms by Redis's clock) whoever makes it said so last. */
const RecordText = z.object({ run: ProofRun, saidMs: z.number() });

/** No proof was begun. */
const NO_RUN: ProofRun = {
  ...{ state: 'none', by: '', reason: '', at: null, scratch: '', says: '', report: '' },
  ...{ sections: [], checks: [] },
};

/** Where it is kept how a proof stands, and that it is to be stopped. */
interface Place {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  /** Of the proof. */
  readonly id: string;
}

/** Makes this the proof that is told of; what others say of theirs is no longer seen. */
export async function beginRecord({ redis, portfolio, id }: Place, run: ProofRun): Promise<void> {
  await keepRecord({ redis, portfolio, id }, run);
  await redis.set(portfolio.key(runtimeKeys.proofLast), id, 'EX', KEPT_SEC);
}

/** Keeps how a proof stands, for a week. */
export async function keepRecord({ redis, portfolio, id }: Place, run: ProofRun): Promise<void> {
  const text = JSON.stringify({ run, saidMs: await redisNowMs(redis) });
  await redis.set(portfolio.key(runtimeKeys.proofRun(id)), text, 'EX', KEPT_SEC);
}

/** The text of a key; null without one, and where it is of another type. */
async function textOf(redis: Redis, key: string): Promise<string | null> {
  return await redis.get(key).catch((error: unknown) => {
    if (isWrongType(error)) return null;
    throw error;
  });
}

/** The last proof that was begun, and its id. One that runs and of which nobody says so any more is lost. */
export async function lastRecord(redis: Redis, portfolio: Portfolio): Promise<{ run: ProofRun; id: string }> {
  const id = (await textOf(redis, portfolio.key(runtimeKeys.proofLast))) ?? '';
  const text = id === '' ? null : await textOf(redis, portfolio.key(runtimeKeys.proofRun(id)));
  const record = text === null ? undefined : RecordText.safeParse(parseJson(text)).data;
  if (record === undefined) return { run: NO_RUN, id };
  const { run, saidMs } = record;
  const isLost = run.state === 'running' && (await redisNowMs(redis)) - saidMs > HOSTED_SEC * SECOND_MS;
  if (!isLost) return { run, id };
  const says = `The process that made it is gone. A running worker clears ${run.scratch} away.`;
  return { run: { ...run, state: 'lost', says }, id };
}

/** Asks whoever makes a proof to stop it; `why` says who asks, and for what reason. */
export async function askToStop({ redis, portfolio, id }: Place, why: string): Promise<void> {
  await redis.set(portfolio.key(runtimeKeys.proofStop), `${id} ${why}`, 'EX', HOSTED_SEC);
}

/** Who asked for this one to be stopped, and why; undefined where nobody has. */
export async function stoppedBy({ redis, portfolio, id }: Place): Promise<string | undefined> {
  const text = (await redis.get(portfolio.key(runtimeKeys.proofStop))) ?? '';
  return text.startsWith(`${id} `) ? text.slice(id.length + 1) : undefined;
}
