import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { messageOf } from '../lane/judging.ts';
import type { TickJob } from './tick-queue.ts';

const BATCH = 100;

/** What was asked for once, to be done at a time (Unix ms); resolves once BullMQ has it. */
export type Later = (portfolio: Portfolio, job: TickJob & { readonly id: string }, dueMs: number) => Promise<void>;

interface OutboxEntry {
  readonly handler: string;
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

interface Outbox {
  readonly portfolio: Portfolio;
  readonly key: string;
  readonly redis: Redis;
  readonly log: Logger;
  relaying?: Promise<void> | undefined;
}

/** What commits asked for later, on its way to BullMQ; an entry leaves its outbox only once BullMQ has it. */
export class Outboxes {
  readonly #later: Later;
  readonly #all = new Map<string, Outbox>();

  constructor(later: Later) {
    this.#later = later;
  }

  /** Looks after the outbox of a portfolio, over its connection for commands, from now on. */
  join(portfolio: Portfolio, redis: Redis, log: Logger): void {
    this.#all.set(portfolio.prefix, { portfolio, key: portfolio.key(runtimeKeys.outbox), redis, log });
  }

  /** Looks after it no more; resolves once nothing of it is under way. */
  async leave({ prefix }: Portfolio): Promise<void> {
    const outbox = this.#all.get(prefix);
    this.#all.delete(prefix);
    await outbox?.relaying;
  }

  /** Hands on what is in the outbox of a portfolio. Never rejects: what fails is tried again at the next turn. */
  async relay({ prefix }: Portfolio): Promise<void> {
    const outbox = this.#all.get(prefix);
    if (outbox === undefined) return;
    outbox.relaying ??= this.#relayAll(outbox)
      .catch((error: unknown) => outbox.log.warn({ err: error }, `outbox: ${messageOf(error)}`))
      .finally(() => {
        outbox.relaying = undefined;
      });
    await outbox.relaying;
  }

  /** Hands on what is in any of them: what could not be handed on when it was committed. Errors are Redis's. */
  async turn(): Promise<void> {
    const looks = [...this.#all.values()].map(async ({ portfolio, key, redis }) => {
      if ((await redis.zcard(key)) > 0) await this.relay(portfolio);
    });
    const failed = (await Promise.allSettled(looks)).find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #relayAll({ portfolio, key, redis }: Outbox): Promise<void> {
    while (this.#all.has(portfolio.prefix)) {
      const flat = await redis.zrange(key, 0, BATCH - 1, 'WITHSCORES');
      if (flat.length === 0) return;
      for (let i = 0; i + 1 < flat.length; i += 2) {
        const member = flat[i] as string;
        await this.#later(portfolio, JSON.parse(member) as OutboxEntry, Number(flat[i + 1]));
        await redis.zrem(key, member);
      }
    }
  }
}
