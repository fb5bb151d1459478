import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ASK_TIMEOUT_MS } from '../../../schemas/ask.ts';
import { LoggedCheck } from '../../../schemas/decision.ts';
import { parseJson } from '../../../schemas/json.ts';
import { keys } from '../../../schemas/keys.ts';
import { Permit } from '../../../schemas/permit.ts';
import { type Connection, UnknownReply } from './connection.ts';
import { NoVerdict } from './verdict.ts';

/** How long a wait for replies lasts at most, seconds. */
const BLOCK_SEC = 1;
/** What a verdict that was committed at the deadline may take until it is here, milliseconds. */
const GRACE_MS = 250;

const Granted = z.object({
  granted: z.literal(true),
  repeated: z.boolean().default(false),
  expires_at: z.number(),
  permit: Permit,
});
const Denied = z.object({ granted: z.literal(false), reason: z.string(), checks: z.array(LoggedCheck).default([]) });
const Reply = z.intersection(z.object({ plan_id: z.string() }), z.union([Granted, Denied]));

/** The answer to an ask: a permit that nobody else has, good up to `expires_at` (Unix seconds), `repeated` where it was given before; or why there is none. */
export type Answer = z.output<typeof Granted> | z.output<typeof Denied>;

/** How an ask is made. */
export interface AskOptions {
  /** Whole milliseconds after the plan's arrival by Redis's clock, 1 to 10,000, up to which it may be permitted; 500 unless said. */
  readonly timeoutMs?: number;
}

/** The same process asks for a plan whose answer it waits for. */
export class AskedAlready extends Error {}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** One mailbox for all asks of a process, read by one blocking wait while any is open. */
export class Asks {
  /** What plans name in `reply_to`. */
  readonly replyTo: string;
  readonly #redis: Connection;
  readonly #key: string;
  readonly #open = new Map<string, Waiting>();
  #reading = false;

  /** `redis` is held while it waits; `keyOf` puts the prefix of the portfolio in front of a key. */
  constructor(redis: Connection, strategy: string, keyOf: (name: string) => string) {
    this.#redis = redis;
    this.replyTo = `${strategy}:${randomUUID()}`;
    this.#key = keyOf(keys.reply(this.replyTo));
  }

  /** Sends a plan and waits for its answer: `NoVerdict` without one, `AskedAlready` where that plan waits. */
  async answer(
    planId: string,
    { timeoutMs = ASK_TIMEOUT_MS }: AskOptions,
    send: () => Promise<string>,
  ): Promise<Answer> {
    if (this.#open.has(planId)) throw new AskedAlready(`plan ${planId} was asked for and waits for its answer`);
    const answered = new Promise<Answer>((resolve, reject) => this.#open.set(planId, { resolve, reject }));
    answered.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    try {
      await send();
      timer = setTimeout(() => this.#open.get(planId)?.reject(noVerdict(planId, timeoutMs)), timeoutMs + GRACE_MS);
      void this.#read();
      return await answered;
    } finally {
      clearTimeout(timer);
      this.#open.delete(planId);
    }
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#open.size > 0) this.#take(await this.#redis.call('BLPOP', this.#key, BLOCK_SEC));
    } catch (error) {
      for (const { reject } of this.#open.values()) reject(error);
    } finally {
      this.#reading = false;
    }
  }

  /** One that nobody waits for any more is left: its order must not be sent. */
  #take(popped: unknown): void {
    if (popped === null) return;
    const [key, text] = Array.isArray(popped) ? popped : [];
    const reply = typeof text === 'string' && key === this.#key ? Reply.safeParse(parseJson(text)) : undefined;
    if (reply?.success !== true) throw new UnknownReply(`expected a verdict in ${this.#key}, got ${shown(popped)}`);
    const { plan_id: planId, ...answer } = reply.data;
    this.#open.get(planId)?.resolve(answer);
  }
}

function shown(popped: unknown): string {
  return (JSON.stringify(popped) ?? String(popped)).slice(0, 120);
}

function noVerdict(planId: string, timeoutMs: number): NoVerdict {
  return new NoVerdict(`expected a verdict on plan ${planId} within ${timeoutMs} ms, got none: is a governor running?`);
}
