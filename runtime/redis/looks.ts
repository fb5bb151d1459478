import type { Redis } from 'ioredis';
import { Beat } from './beat.ts';
import { luaScript, runScript } from './lua.ts';

const LOOKS = luaScript('portcullisLooks', new URL('./looks.lua', import.meta.url));

/** A command that reads one key. */
export type Ask = readonly [
  command: 'GET' | 'HGET' | 'HGETALL' | 'HMGET' | 'SMEMBERS' | 'XLEN' | 'XREVRANGE',
  key: string,
  ...more: string[],
];

/** What a key holds, as Redis says it, or why it cannot be read. */
export interface LookAnswer {
  readonly value: unknown;
  readonly problem: string;
}

/** Keys that are looked at again and again, and who is told what they hold. */
export interface Look {
  readonly asks: readonly Ask[];
  /** What is thrown here ends nothing: the look is taken again. */
  readonly told: (answers: readonly LookAnswer[]) => Promise<void>;
}

interface Looking {
  readonly look: Look;
  turn: Promise<void>;
  busy: boolean;
}

/** Looks at a few keys of each of many portfolios again and again, at those of all of them with one script. */
export class Looks {
  readonly #redis: Redis;
  readonly #beat = new Beat();
  readonly #groups = new Map<number, { readonly looking: Set<Looking>; readonly stop: () => void }>();

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Looks once. Errors are Redis's, but those of a single key. */
  async ask(asks: readonly Ask[]): Promise<LookAnswer[]> {
    const keys = asks.map(([, key]) => key);
    const args = asks.flatMap(([command, , ...fields]) => [command, fields.length, ...fields]);
    const replies = (await runScript(this.#redis, LOOKS, keys, args)) as (readonly [unknown, string])[];
    return replies.map(([value, problem]) => ({ value, problem }));
  }

  /** Looks every so many ms, but not while what was told last is still being worked on. What is answered ends that, and resolves once nothing is under way. */
  every(everyMs: number, look: Look): () => Promise<void> {
    const looking: Looking = { look, turn: Promise.resolve(), busy: false };
    const group = this.#groups.get(everyMs) ?? this.#begin(everyMs);
    group.looking.add(looking);
    return async () => {
      group.looking.delete(looking);
      if (group.looking.size === 0 && this.#groups.get(everyMs) === group) {
        group.stop();
        this.#groups.delete(everyMs);
      }
      await looking.turn;
    };
  }

  #begin(everyMs: number) {
    const looking = new Set<Looking>();
    const group = { looking, stop: this.#beat.every(everyMs, () => this.#turn(looking)) };
    this.#groups.set(everyMs, group);
    return group;
  }

  #turn(all: ReadonlySet<Looking>): void {
    const free = [...all].filter(({ busy }) => !busy);
    // Asking for nothing would send a script all the same, and nobody would hear that it failed.
    if (free.length === 0) return;
    const telling = this.#tell(free);
    for (const one of free) {
      one.busy = true;
      one.turn = telling
        .then((turns) => turns.get(one))
        .catch(() => undefined)
        .finally(() => {
          one.busy = false;
        });
    }
  }

  /** Where the keys of one may not be read, Redis refuses the whole script: then each is looked at alone. */
  async #tell(all: readonly Looking[]): Promise<ReadonlyMap<Looking, Promise<void>>> {
    try {
      const answers = await this.ask(all.flatMap(({ look }) => look.asks));
      let from = 0;
      return new Map(
        all.map((one) => {
          const own = answers.slice(from, from + one.look.asks.length);
          from += own.length;
          return [one, one.look.told(own)];
        }),
      );
    } catch (error) {
      if (all.length <= 1) throw error;
      return new Map(all.map((one) => [one, this.#tell([one]).then((turns) => turns.get(one))]));
    }
  }
}
