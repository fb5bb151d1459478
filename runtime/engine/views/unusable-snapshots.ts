import type { Redis } from 'ioredis';
import { runtimeKeys, streams } from '../../../schemas/keys.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

const BURY = luaScript('portcullisBury', new URL('./bury.lua', import.meta.url));

const KEPT_AT_MOST = 10_000;
const CHUNK = 50;

/** Snapshots that could not be understood, until they are among the dead letters (contract §0, Limits). */
export class UnusableSnapshots {
  readonly #keys: readonly string[];
  #waiting: { readonly id: string; readonly reason: string }[] = [];

  constructor(portfolio: Portfolio) {
    const stream = portfolio.streamKey(streams.snapshots);
    this.#keys = [stream, portfolio.deadLetters(stream), portfolio.key(runtimeKeys.unusableSnapshots)];
  }

  /** Notes one; of a flood of them, those beyond the first ten thousand stay where they are. */
  add(id: string, reason: string): void {
    if (this.#waiting.length < KEPT_AT_MOST) this.#waiting.push({ id, reason });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Puts them among the dead letters; another worker may have done so already. */
  async bury(redis: Redis): Promise<void> {
    while (this.#waiting.length > 0) {
      const chunk = this.#waiting.slice(0, CHUNK);
      const args = chunk.flatMap(({ id, reason }) => [id, reason]);
      await runScript(redis, BURY, this.#keys, args);
      const buried = new Set(chunk);
      this.#waiting = this.#waiting.filter((one) => !buried.has(one));
    }
  }
}
