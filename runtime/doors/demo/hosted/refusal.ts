import type { Redis } from 'ioredis';
import { streams } from '../../../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../../../schemas/wire.ts';
import { readInForce } from '../../../engine/policy/in-force.ts';
import { PERMIT_GATE } from '../../../market/player/settings.ts';
import { isWrongType } from '../../../redis/problem.ts';
import type { Portfolio } from '../../../settings/portfolio.ts';

/** What other programs write, and every decision about them rests on. */
const INPUTS = [streams.proposals, streams.snapshots, streams.plans, streams.results] as const;
/** Decisions at either end of the log that are looked at. */
const LOOKED_AT = 100;

/** What decides whether a demo may be begun beside a portfolio. */
export interface Conditions {
  readonly prefix: string;
  /** Mode of its governor; empty text where it never ran. */
  readonly mode: string;
  /** Whether anything was decided but that there is nothing to decide, or nobody knows. */
  readonly hasDecided: boolean;
  /** Prefix of a demo that stands already; undefined for none. */
  readonly standing: string | undefined;
}

/** Why no demo may be begun, in a sentence that says what to do; empty text where one may. */
export function refusalOf({ prefix, mode, hasDecided, standing }: Conditions): string {
  const beside = 'npm run demo -- --console plays it on a portfolio of its own';
  if (standing !== undefined) return refusedBeside(standing);
  if (mode !== 'testnet')
    return `expected the governor of ${prefix} in testnet mode, got ${mode === '' ? 'none' : mode}: ${beside}`;
  if (hasDecided) return `expected an empty decision log of ${prefix}, got decisions in it: ${beside}`;
  return '';
}

/** Why no demo may be begun beside another one. */
export function refusedBeside(standing: string): string {
  return `expected no other demo, got ${standing}: stop or delete that one, or wait until it is gone`;
}

/** What is so now of a portfolio. */
export async function conditionsOf(
  redis: Redis,
  portfolio: Portfolio,
  standing: string | undefined,
): Promise<Conditions> {
  const { fields } = await readInForce(redis, portfolio, PERMIT_GATE);
  return {
    prefix: portfolio.prefix,
    mode: fields.mode ?? '',
    hasDecided: await hasDecided(redis, portfolio),
    standing,
  };
}

/** What cannot be read counts as decided: what is there is not known. */
async function hasDecided(redis: Redis, portfolio: Portfolio): Promise<boolean> {
  try {
    const added = await Promise.all(INPUTS.map((name) => hadEntries(redis, portfolio.streamKey(name))));
    if (added.includes(true)) return true;
    const log = portfolio.streamKey(streams.decisions);
    const [oldest, newest] = await Promise.all([
      redis.xrange(log, '-', '+', 'COUNT', LOOKED_AT),
      redis.xrevrange(log, '+', '-', 'COUNT', LOOKED_AT),
    ]);
    return [...oldest, ...newest].some(([, flat]) => !isIdle(fieldsOf(flat)));
  } catch (error) {
    if (isWrongType(error)) return true;
    throw error;
  }
}

/** Whether anything was ever added to a stream, though it be trimmed since. */
async function hadEntries(redis: Redis, stream: string): Promise<boolean> {
  if ((await redis.exists(stream)) === 0) return false;
  const told = fieldsOf(((await redis.xinfo('STREAM', stream)) as unknown[]).map(String));
  return told['last-generated-id'] !== '0-0';
}

/** The risk governor decides every few seconds, of a portfolio that holds nothing that there is nothing to decide. */
function isIdle({ verdict, reason }: Fields): boolean {
  return verdict === 'NO_BUDGETS' && reason === 'no_active_symbols';
}
