import type { Redis } from 'ioredis';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type Answer, Asks } from '../client/asks.ts';
import { Overloaded } from './asks-metric.ts';

/** Asks that may wait at once in one process. */
export const MOST_ASKS = 1_000;
const IDLE_MS = MINUTE_MS;
const COMMAND_TIMEOUT_MS = 5_000;

interface Mailbox {
  readonly redis: Redis;
  readonly asks: Asks;
  open: number;
  idle: NodeJS.Timeout | undefined;
}

/** The asks of this process that wait: one mailbox for each strategy of a portfolio, with a connection while it is in use. */
export class OpenAsks {
  readonly #mailboxes = new Map<string, Mailbox>();
  #open = 0;

  /** Sends a plan by `sendOf`, which is told its mailbox, and waits for its verdict. Throws what `Asks` does, and a 503 while too many wait. */
  async answer(
    { planId, timeoutMs, ...by }: AskBy,
    sendOf: (replyTo: string) => () => Promise<string>,
  ): Promise<Answer> {
    if (this.#open >= MOST_ASKS) {
      throw new Overloaded(503, `expected at most ${MOST_ASKS} asks that wait, got one more: nothing was asked`, 1);
    }
    const mailbox = this.#mailboxOf(by);
    clearTimeout(mailbox.idle);
    mailbox.open += 1;
    this.#open += 1;
    try {
      return await mailbox.asks.answer(planId, { timeoutMs }, sendOf(mailbox.asks.replyTo));
    } finally {
      mailbox.open -= 1;
      this.#open -= 1;
      if (mailbox.open === 0) this.#closeLater(mailbox);
    }
  }

  /** Ends the connections; who waits gets an error. */
  close(): void {
    for (const mailbox of this.#mailboxes.values()) this.#close(mailbox);
  }

  #mailboxOf({ redis: commands, portfolio, strategy }: Pick<AskBy, 'redis' | 'portfolio' | 'strategy'>): Mailbox {
    const name = `${portfolio.prefix} ${strategy}`;
    const known = this.#mailboxes.get(name);
    if (known !== undefined) return known;
    const redis = commands.duplicate({ commandTimeout: COMMAND_TIMEOUT_MS });
    redis.on('error', () => undefined);
    const asks = new Asks(redis, strategy, (key) => portfolio.key(key));
    const mailbox: Mailbox = { redis, asks, open: 0, idle: undefined };
    this.#mailboxes.set(name, mailbox);
    return mailbox;
  }

  #closeLater(mailbox: Mailbox): void {
    mailbox.idle = setTimeout(() => this.#close(mailbox), IDLE_MS).unref();
  }

  #close(mailbox: Mailbox): void {
    clearTimeout(mailbox.idle);
    mailbox.redis.disconnect();
    for (const [name, one] of this.#mailboxes) {
      if (one === mailbox) this.#mailboxes.delete(name);
    }
  }
}

/** Who asks for what, and for how long. */
interface AskBy {
  /** The connection for commands about the portfolio; each mailbox has one of its own besides. */
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly strategy: string;
  readonly planId: string;
  readonly timeoutMs: number;
}
