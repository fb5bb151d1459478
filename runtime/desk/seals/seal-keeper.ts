import { SECOND_MS } from '../../../schemas/duration.ts';
import { runtimeKeys, streams } from '../../../schemas/keys.ts';
import type { Companion, CompanionHost } from '../../engine/host/companion.ts';
import { messageOf } from '../../engine/lane/judging.ts';
import type { Lease } from '../../engine/lane/lease.ts';
import type { LookAnswer } from '../../redis/looks.ts';
import type { LedgerSettings } from '../../settings/runtime-settings.ts';
import { ledgerKeyOf } from './ledger-key.ts';
import { SEAL_LIMITS, Sealer, type SealLimits } from './sealer.ts';

/** When a range is closed, and how often the log is looked at, ms. */
export interface SealTimings extends SealLimits {
  readonly everyMs: number;
}

const SEAL_TIMINGS: SealTimings = { ...SEAL_LIMITS, everyMs: 10 * SECOND_MS };

/**
 * Seals the decision log beside the lanes of a portfolio, in one worker at a time; nothing in simulated time. Throws a
 * `SettingsError` where the key cannot be read.
 */
export function sealCompanion(settings: Pick<LedgerSettings, 'keyFile'>, timings = SEAL_TIMINGS): Companion {
  const key = ledgerKeyOf(settings.keyFile);
  return {
    metrics: [],
    leavesProofs: true,
    start: (host) => {
      const keeper = host.portfolio.simulatedClock ? undefined : new SealKeeper(host, key, timings);
      return { stop: async () => await keeper?.stop() };
    },
  };
}

class SealKeeper {
  readonly #host: CompanionHost;
  readonly #sealer: Sealer;
  readonly #stop: () => Promise<void>;
  /** Undefined while everything is sealed. */
  #lease: Lease | undefined;

  constructor(host: CompanionHost, key: string | undefined, timings: SealTimings) {
    const { redis, looks, portfolio } = host;
    this.#host = host;
    this.#sealer = new Sealer(redis, portfolio, { key, limits: timings, warn: (message) => host.log.warn(message) });
    const decisions = portfolio.streamKey(streams.decisions);
    this.#stop = looks.every(timings.everyMs, {
      asks: [['XREVRANGE', decisions, '+', '-', 'COUNT', '1']],
      told: ([answer]) => this.#told(answer),
    });
  }

  /** Resolves once the turn under way is finished, and another worker may seal. What is open is sealed by whoever comes next. */
  async stop(): Promise<void> {
    await this.#stop();
    await this.#leave();
  }

  async #told(answer: LookAnswer | undefined): Promise<void> {
    try {
      await this.#look(newestOf(answer?.value));
    } catch (error) {
      this.#sealer.forget();
      this.#host.log.warn(`the decision log is not sealed: ${messageOf(error)}; trying again`);
    }
  }

  async #look(newest: string | undefined): Promise<void> {
    if (newest === undefined || this.#sealer.isSealedUpTo(newest)) return await this.#leave();
    const { leases, portfolio } = this.#host;
    if (this.#lease === undefined) {
      this.#lease = leases.of(portfolio.key(runtimeKeys.lease('decision-seals')));
      await this.#lease.start();
    }
    if (this.#lease.held) await this.#sealer.turn(newest);
    else this.#sealer.forget();
  }

  async #leave(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.release();
  }
}

/** The id of the newest entry in an answer of `XREVRANGE`. */
function newestOf(value: unknown): string | undefined {
  const [entry] = Array.isArray(value) ? (value as readonly (readonly [string, unknown])[]) : [];
  return entry?.[0];
}
