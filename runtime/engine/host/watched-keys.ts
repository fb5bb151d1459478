import type { Ask } from '../../redis/looks.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { HostedRuntime } from './runtime.ts';

/** A key of each portfolio that is looked at every so many ms, and who is told what it holds. */
export interface WatchedKey {
  readonly everyMs: number;
  readonly ask: (portfolio: Portfolio) => Ask;
  /** Told what Redis answers. A key that cannot be read is warned of once, and nothing is told of it; so is what this throws. */
  readonly told: (portfolio: Portfolio, value: unknown) => Promise<void>;
}

/** Watches keys of all portfolios of a runtime, those of many with one script. */
export class WatchedKeys {
  readonly #runtime: HostedRuntime;
  readonly #warn: (error: unknown) => void;
  #stops: readonly (() => Promise<void>)[] = [];

  constructor(runtime: HostedRuntime, warn: (error: unknown) => void) {
    this.#runtime = runtime;
    this.#warn = warn;
  }

  /** Whether it watches: not before the start, and not while it stops. */
  get isOn(): boolean {
    return this.#stops.length > 0;
  }

  /** Watches from now on. */
  start(keys: readonly WatchedKey[]): void {
    const { portfolios, looksOf } = this.#runtime;
    this.#stops = portfolios.flatMap((portfolio) =>
      keys.map(({ everyMs, ask, told }) => {
        const asked = ask(portfolio);
        let known = '';
        return looksOf(portfolio).every(everyMs, {
          asks: [asked],
          told: async ([answer]) => {
            const { value = null, problem = '' } = answer ?? {};
            if (problem === '') await told(portfolio, value).catch(this.#warn);
            else if (problem !== known) this.#warn(new Error(`${asked[1]} cannot be read: ${problem}`));
            known = problem;
          },
        });
      }),
    );
  }

  /** Watches no more; resolves once nothing that was told is worked on, at once where Redis is gone. */
  async stop(): Promise<void> {
    const working = this.#stops.map((stop) => stop());
    this.#stops = [];
    if (this.#runtime.redisUp()) await Promise.all(working);
  }
}
