import { createHash, randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { scanKeys } from '../decisions/scan.ts';

/** How long workers host a scratch portfolio after its invitation was last renewed, and a worker counts as there after it last said so. */
export const HOSTED_SEC = 10;

const SCRATCH_PART = /^prove-[0-9a-f]{12}$/;

/** What a proof asks of every running worker: to host this prefix; `keep`: and to leave its keys. */
export interface Invitation {
  readonly prefix: string;
  readonly keep: boolean;
  /** Mark of the token that asks for permits there over HTTP; empty: nobody does. */
  readonly asker: string;
}

const InvitationText = z.object({ prefix: z.string(), keep: z.boolean(), asker: z.string().default('') });

/** What Redis is told of a token: whoever reads it cannot use it. */
export function markOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** What a worker that hosts the scratch portfolio says of itself. */
const HostText = z.object({
  worker: z.string(),
  /** Name of its machine. */
  machine: z.string(),
  pid: z.number(),
  handlers: z.array(z.string()),
  http: z.array(z.object({ role: z.string(), url: z.string() })),
  /** Whether the token of the proof asks for permits over its HTTP; not in releases before. */
  asks: z.boolean().default(false),
  p28TestMode: z.boolean(),
  /** Settings that no policy may set, by name. */
  settings: z.record(z.string(), z.number()),
});

/** A worker that hosts the scratch portfolio. */
export type ProofHost = z.output<typeof HostText>;

/** A prefix for a scratch portfolio: random, and inside the prefix of the portfolio, where its Redis user may write and its slot is. */
export function scratchPrefix(portfolio: Portfolio): string {
  return portfolio.key(`prove-${randomBytes(6).toString('hex')}`);
}

/** Whether a prefix is that of a scratch portfolio of this portfolio: no other is ever hosted on an invitation, or cleared. */
export function isScratch(prefix: string, portfolio: Portfolio): boolean {
  const start = portfolio.key('');
  return prefix.startsWith(start) && SCRATCH_PART.test(prefix.slice(start.length));
}

/** The invitation that stands on a portfolio; undefined for none, and for one that names no scratch portfolio of its own. */
export async function invitationOn(redis: Redis, portfolio: Portfolio): Promise<Invitation | undefined> {
  return invitationIn(await redis.get(portfolio.key(runtimeKeys.proof)), portfolio);
}

/** The same of what the key holds. */
export function invitationIn(text: unknown, portfolio: Portfolio): Invitation | undefined {
  const invitation = typeof text === 'string' ? InvitationText.safeParse(jsonOf(text)).data : undefined;
  return invitation !== undefined && isScratch(invitation.prefix, portfolio) ? invitation : undefined;
}

/** The workers that host the scratch portfolio now. */
export async function hostsOf(redis: Redis, scratch: Portfolio): Promise<readonly ProofHost[]> {
  const keys = await keysFrom(redis, scratch.key(runtimeKeys.proofHost('')));
  const texts = keys.length === 0 ? [] : await redis.mget([...keys]);
  return texts.flatMap((text) => HostText.safeParse(jsonOf(text ?? '')).data ?? []);
}

/** Deletes every key of a scratch portfolio but what workers say of themselves. */
export async function clearScratch(redis: Redis, scratch: Portfolio): Promise<void> {
  const spared = scratch.key(runtimeKeys.proofHost(''));
  for await (const page of scanKeys(redis, scratch.key(''))) {
    const doomed = page.filter((key) => !key.startsWith(spared));
    if (doomed.length > 0) await redis.unlink(...doomed);
  }
}

/** Every key that begins with a text, each once. */
export async function keysFrom(redis: Redis, start: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const page of scanKeys(redis, start)) for (const key of page) found.add(key);
  return [...found];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
