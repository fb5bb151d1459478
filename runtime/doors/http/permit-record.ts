import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { parsePermitted } from '../../../schemas/effect-proof.ts';
import { parseJson } from '../../../schemas/json.ts';
import { keys } from '../../../schemas/keys.ts';
import { Block, Permit } from '../../../schemas/permit.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import type { Answer } from '../client/asks.ts';
import { askRedis, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';

const Kept = z.object({ expires_at: z.number(), permit: Permit });
const BLOCK_SAID_TO_MS = 1_000;
/** How far Redis's clock may be behind ours when the deadline is over by ours. */
const CLOCK_WITHIN_MS = 2_000;
const LOOKED_EVERY_MS = 100;

/** What was committed about a plan that asked, looked up once its deadline is over by Redis's clock; undefined: nothing, and nothing can be any more. */
export async function committedAnswer(
  context: HttpContext,
  planId: string,
  { id, deadlineMs }: { id: string; deadlineMs: number },
): Promise<Answer | undefined> {
  const { portfolio } = context;
  for (const giveUpMs = performance.now() + CLOCK_WITHIN_MS; performance.now() < giveUpMs; ) {
    const [nowMs, asked, blocked] = await askRedis(context, async (redis) => {
      const [sec, micros] = await redis.time();
      const texts = await redis.mget(portfolio.key(keys.asked(planId)), portfolio.key(keys.block(planId)));
      return [Number(sec) * 1_000 + Math.floor(Number(micros) / 1_000), ...texts] as const;
    });
    if (nowMs > deadlineMs) return answerIn(asked, blocked, streamIdMs(id));
    await wait(Math.min(deadlineMs - nowMs + 1, LOOKED_EVERY_MS));
  }
  throw new HttpError(
    503,
    `whether plan ${planId} has a permit is unknown: Redis's clock went back. Ask again with this plan_id`,
    1,
  );
}

/** What is known of a plan that asked and was permitted within a day. */
export async function permittedAsk(context: HttpContext, planId: string) {
  const { portfolio } = context;
  const [marker, asked] = await askRedis(context, (redis) =>
    redis.mget(portfolio.key(keys.permitted(planId)), portfolio.key(keys.asked(planId))),
  );
  const permitted = parsePermitted(marker ?? '')?.asked;
  return permitted && { ...permitted, kept: asked ?? undefined };
}

/** A block of before this ask tells of an earlier try. */
function answerIn(asked: string | null | undefined, blocked: string | null | undefined, sentMs: number) {
  const kept = Kept.safeParse(parseJson(asked ?? ''));
  if (kept.success) return { granted: true as const, repeated: false, ...kept.data };
  const block = Block.safeParse(parseJson(blocked ?? ''));
  if (!block.success || block.data.timestamp * 1_000 + BLOCK_SAID_TO_MS <= sentMs) return undefined;
  return { granted: false as const, reason: block.data.reason, checks: [...block.data.checks] };
}
