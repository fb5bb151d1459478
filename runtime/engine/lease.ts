import type { Redis } from 'ioredis';
import { runScript } from './commit.ts';

/** How long a lease holds without being renewed, where nothing else is said. */
export const LEASE_MS = 2_000;
const RENEWALS = 4;

const HOLD_SCRIPT = `#!lua
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`;

const RELEASE_SCRIPT = `#!lua flags=allow-oom
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;

/** Keeps one worker at a time at something. Losing it is safe: what must not happen twice has its own guard. */
export class Lease {
  held = false;
  readonly #redis: Redis;
  readonly #key: string;
  readonly #holder: string;
  readonly #holdMs: number;
  #timer: NodeJS.Timeout | undefined;
  #trying = false;

  /** `holdMs`: how long it holds without being renewed; who can wait for a successor asks Redis less often. */
  constructor(redis: Redis, key: string, holder: string, holdMs = LEASE_MS) {
    this.#redis = redis;
    this.#key = key;
    this.#holder = holder;
    this.#holdMs = holdMs;
  }

  /** Tries at once and from then on four times in the time it holds, until released. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#try(), this.#holdMs / RENEWALS);
    await this.#try();
  }

  /** Lets another worker in at once. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    if (!this.held) return;
    this.held = false;
    await runScript(this.#redis, 'portcullisRelease', RELEASE_SCRIPT, [this.#key], [this.#holder]);
  }

  async #try(): Promise<void> {
    if (this.#trying) return;
    this.#trying = true;
    const startedMs = performance.now();
    try {
      const got = await runScript(
        this.#redis,
        'portcullisHold',
        HOLD_SCRIPT,
        [this.#key],
        [this.#holder, this.#holdMs],
      );
      this.held = got === 1 && performance.now() - startedMs < this.#holdMs;
    } catch {
      this.held = false;
    } finally {
      this.#trying = false;
    }
  }
}
