import { randomUUID } from 'node:crypto';
import type { Alert } from '../../../schemas/alert.ts';
import type { Webhook } from './webhook.ts';

/** How a process that lost Redis says so: by itself, since nothing that it shares with others can be asked. */
export class RedisLoss {
  readonly #webhook: Webhook;
  readonly #process: string;
  readonly #away = new Set<string>();
  readonly #unsent: Alert[] = [];
  #told: Alert | undefined;
  #turn: Promise<void> = Promise.resolve();

  /** `name` is what others call this process. */
  constructor(webhook: Webhook, name: string) {
    this.#webhook = webhook;
    this.#process = name;
  }

  /** Notes whether the Redis of a portfolio answers; sends when the first is lost, and when all are back. */
  note(portfolio: string, answers: boolean): void {
    if (answers) this.#away.delete(portfolio);
    else this.#away.add(portfolio);
    if (this.#away.size > 0 && this.#told === undefined) this.#lost();
    if (this.#away.size === 0 && this.#told !== undefined) this.#back(this.#told);
    if (this.#unsent.length > 0 && this.#webhook.isDue) this.#turn = this.#turn.then(() => this.#send());
  }

  /** Counts a portfolio no more. Resolves once the attempt under way is over. */
  async leave(portfolio: string): Promise<void> {
    this.#away.delete(portfolio);
    await this.#turn;
  }

  #lost(): void {
    const id = `redis:${randomUUID()}`;
    const what = `${this.#process} lost Redis: it judges nothing until that is back, and nothing is lost`;
    const todo = 'Is the server up, and can this machine reach it?';
    this.#told = {
      id,
      state: 'began',
      severity: 'critical',
      portfolio: '',
      key: 'redis',
      what,
      do: todo,
      at: nowSec(),
    };
    this.#unsent.push(this.#told);
  }

  /** A loss that was over before it could be sent is still told: somebody may ask what happened. */
  #back(told: Alert): void {
    this.#unsent.push({ ...told, id: `${told.id}:over`, state: 'ended', do: '', at: nowSec() });
    this.#told = undefined;
  }

  async #send(): Promise<void> {
    for (let [alert] = this.#unsent; alert !== undefined && this.#webhook.isDue; [alert] = this.#unsent) {
      if ((await this.#webhook.send(alert)) !== 'failed') this.#unsent.shift();
    }
  }
}

function nowSec(): number {
  return Math.floor(Date.now() / 1000);
}
