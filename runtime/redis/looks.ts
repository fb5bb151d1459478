import type { Redis } from 'ioredis';
import { Beat } from './beat.ts';
import { luaScript, runScript } from './lua.ts';
import { Together } from './together.ts';

const LOOKS = luaScript('portcullisLooks', new URL('./looks.lua', import.meta.url));

/** Looks of one script: with a dozen keys each, Redis takes some tenths of a millisecond. */
const LOOKED_AT_ONCE = 20;

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
  /** Told the very same list as before where nothing has changed. What is thrown here ends nothing: the look is taken again. */
  readonly told: (answers: readonly LookAnswer[]) => Promise<void>;
}

/** Keys, how they are read (a JSON text that is the same for all that read alike), and what was told of them last. */
class Seen {
  readonly keys: readonly string[];
  readonly plan: string;
  digest = '';
  answers: readonly LookAnswer[] = [];

  constructor(asks: readonly Ask[]) {
    this.keys = asks.map(([, key]) => key);
    this.plan = JSON.stringify(asks.map(([command, , ...more]) => [command, ...more]));
  }
}

interface Looking {
  readonly seen: Seen;
  readonly told: Look['told'];
  turn: Promise<void>;
  busy: boolean;
}

/** Looks at a few keys of each of many portfolios again and again, at those of many with one script, which answers what has changed. */
export class Looks {
  readonly #beat = new Beat();
  readonly #looked: Together<Seen, readonly LookAnswer[]>;
  readonly #groups = new Map<number, { readonly looking: Set<Looking>; readonly stop: () => void }>();

  constructor(redis: Redis) {
    this.#looked = new Together((all) => look(redis, all), LOOKED_AT_ONCE);
  }

  /** Looks once, together with all that ask in one turn of the event loop. Errors are Redis's, but those of a single key. */
  ask(asks: readonly Ask[]): Promise<readonly LookAnswer[]> {
    return this.#looked.ask(new Seen(asks));
  }

  /** Looks every so many ms, but not while what was told last is still being worked on. What is answered ends that, and resolves once nothing is under way. */
  every(everyMs: number, { asks, told }: Look): () => Promise<void> {
    const looking: Looking = { seen: new Seen(asks), told, turn: Promise.resolve(), busy: false };
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
    const turns = () => {
      for (const one of looking) if (!one.busy) one.turn = this.#turn(one);
    };
    const group = { looking, stop: this.#beat.every(everyMs, turns) };
    this.#groups.set(everyMs, group);
    return group;
  }

  async #turn(one: Looking): Promise<void> {
    one.busy = true;
    try {
      await one.told(await this.#looked.ask(one.seen));
    } catch {
      // Looked at again in the next turn.
    } finally {
      one.busy = false;
    }
  }
}

type Reply = readonly [digest: string, told: readonly (readonly [value: unknown, problem: string])[]] | null;

async function look(redis: Redis, all: readonly Seen[]): Promise<readonly (readonly LookAnswer[])[]> {
  const plans = [...new Set(all.map(({ plan }) => plan))];
  const keys = all.flatMap((one) => one.keys);
  const args = all.flatMap(({ plan, digest }) => [plans.indexOf(plan) + 1, digest]);
  const replies = (await runScript(redis, LOOKS, keys, [plans.length, ...plans, ...args])) as readonly Reply[];
  return all.map((one, at) => {
    const [digest, told] = replies[at] ?? [];
    if (digest !== undefined && told !== undefined) {
      one.digest = digest;
      one.answers = told.map(([value, problem]) => ({ value, problem }));
    }
    return one.answers;
  });
}
