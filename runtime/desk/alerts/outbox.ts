import type { Redis } from 'ioredis';
import { Alert, type WaitingAlert } from '../../../schemas/alert.ts';
import { parseJson } from '../../../schemas/json.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Changes, Open } from './changes.ts';

/** Alerts that are kept while nobody takes them; older ones go. */
const KEPT = 1_000;
const READ = 20;

const NOTE = luaScript('portcullisAlerts', new URL('./note.lua', import.meta.url));

/** What was told of a portfolio: by it a further look knows what is new. */
export interface ToldSoFar {
  readonly revision: string;
  readonly open: Open;
}

/** The alerts of one portfolio that are to be sent, and how far they were. */
export class Outbox {
  readonly #redis: Redis;
  readonly #told: string;
  readonly #stream: string;

  constructor(redis: Redis, portfolio: Portfolio) {
    this.#redis = redis;
    this.#told = portfolio.key(runtimeKeys.alertsTold);
    this.#stream = portfolio.key(runtimeKeys.alerts);
  }

  /** What was told so far; nothing at the first look. */
  async told(): Promise<ToldSoFar> {
    const [revision, open] = await this.#redis.hmget(this.#told, 'revision', 'open');
    return { revision: revision ?? '', open: (parseJson(open ?? '{}') ?? {}) as Open };
  }

  /** Notes what a look found. Whether it was noted: not where another process was first. Throws where a key is of another type. */
  async note({ revision }: ToldSoFar, { open, alerts }: Changes): Promise<boolean> {
    const args = [revision, JSON.stringify(open), String(KEPT), ...alerts.map((alert) => JSON.stringify(alert))];
    const answer = await runScript(this.#redis, NOTE, [this.#told, this.#stream], args);
    if (typeof answer === 'string') throw new Error(answer);
    return answer === 1;
  }

  /** The oldest entries that were not sent, and how many there are. */
  async waiting(): Promise<{ readonly entries: readonly Waiting[]; readonly count: number }> {
    const sent = (await this.#redis.hget(this.#told, 'sent')) ?? '0-0';
    const found = await this.#redis.xrange(this.#stream, `(${sent}`, '+', 'COUNT', KEPT);
    const entries = found.slice(0, READ).map(([entry, [, text = '']]) => ({ entry, alert: alertOf(entry, text) }));
    return { entries, count: found.length };
  }

  /** Notes that an entry was sent, or given up. */
  async done({ entry }: Pick<Waiting, 'entry'>): Promise<void> {
    await this.#redis.hset(this.#told, 'sent', entry);
  }

  /** Notes how the receiver fares, for `doctor` and the overview; empty where it is well. */
  async fares(problem: string): Promise<void> {
    if (problem === '') await this.#redis.hdel(this.#told, 'problem');
    else await this.#redis.hset(this.#told, 'problem', problem);
  }
}

/** An entry of the outbox; without an alert where somebody else wrote it. */
interface Waiting {
  readonly entry: string;
  readonly alert: Alert | undefined;
}

/** The id follows from the entry's: it is the same however often the alert is sent. */
function alertOf(entry: string, text: string): Alert | undefined {
  const waiting = parseJson(text) as WaitingAlert | undefined;
  return Alert.safeParse({ ...waiting, id: `${waiting?.portfolio}:${entry}` }).data;
}
