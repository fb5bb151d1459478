import type { Redis } from 'ioredis';
import type { Computed, HashView, Tallied, Tally, Views } from '../../../handlers/contract/reads.ts';
import { families } from '../../../schemas/keys.ts';
import { compareStreamIds } from '../../../schemas/time.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { BookView } from './book-view.ts';
import type { Invalidations } from './invalidations.ts';
import { KeptTallies } from './kept-tallies.ts';
import { pagesOf, type ReadPages, type StreamView } from './stream-view.ts';
import { TrackedHashes } from './tracked-hashes.ts';
import { ViolationsView } from './violations-view.ts';

type Compute = (views: Views, settings: never, nowMs: number) => Computed<unknown>;

interface Remembered {
  readonly version: string;
  readonly fromMs: number;
  readonly computed: Computed<unknown>;
}

/** What one process keeps in memory of a portfolio: the position book, the tracked hashes and the newest violations. */
export class PortfolioViews implements Views {
  readonly book: BookView;
  /** How often Redis lost its data: what was caught up before the last time is not caught up any more. */
  losses = 0;
  readonly #hashes: TrackedHashes;
  readonly #violations: ViolationsView;
  readonly #followed: readonly StreamView[];
  readonly #tallies: KeptTallies;
  readonly #remembered = new Map<Compute, Map<unknown, Remembered>>();
  #loaded: Promise<void> | undefined;

  constructor(portfolio: Portfolio, connections: { data: Redis; invalidations: Invalidations }) {
    this.book = new BookView(portfolio);
    this.#violations = new ViolationsView(portfolio);
    this.#followed = [this.book, this.#violations];
    this.#hashes = new TrackedHashes(portfolio, Object.values(families), connections, () => this.#forget());
    this.#tallies = new KeptTallies(this);
    this.book.onChange = (symbol) => this.#tallies.snapshotChanged(symbol);
    this.book.dataSet = () => this.#hashes.dataSet;
    this.#hashes.onChange = (family, name) => this.#tallies.hashChanged(family, name);
  }

  readonly hashes = (family: string): HashView => this.#hashes.family(family);

  readonly violation = (symbol: string) => this.#violations.get(symbol);

  readonly tally = <S, N>(tally: Tally<S, N>, settings: S, nowMs: number): Tallied<N> =>
    this.#tallies.of(tally, settings, nowMs);

  /**
   * Brings everything up to what Redis had finished before the call. `read` reads the streams: so what else is to be
   * read can be read with them. It is called again when data or a connection was lost meanwhile: what it read is old then.
   */
  async catchUp(redis: Redis, read = pagesOf(redis)): Promise<void> {
    let losses: number;
    let steady: boolean;
    do {
      await this.#hashes.ready();
      losses = this.losses;
      await this.#load(redis);
      [, steady] = await Promise.all([this.#readOn(redis, read), this.#hashes.catchUp()]);
    } while (losses !== this.losses || !steady);
  }

  async #readOn(redis: Redis, read: ReadPages): Promise<void> {
    const takers = this.#followed.map((view) => ({ view, take: view.taker() }));
    const pages = await read(this.#followed.map((view) => view.position));
    for (const [at, { view, take }] of takers.entries()) {
      const page = pages[at];
      if (page !== undefined && take(page)) await view.catchUp(redis);
    }
  }

  async #load(redis: Redis): Promise<void> {
    this.#loaded ??= this.book.load(redis);
    try {
      await this.#loaded;
    } catch (error) {
      this.#loaded = undefined;
      throw error;
    }
  }

  /** The value of a computed read: remembered for these settings until a view changes, or it says that it ends. */
  compute(compute: Compute, settings: unknown, nowMs: number): unknown {
    const version = `${this.book.version} ${this.#hashes.version} ${this.#violations.version}`;
    const bySettings = this.#remembered.get(compute) ?? new Map<unknown, Remembered>();
    this.#remembered.set(compute, bySettings);
    const known = bySettings.get(settings);
    const holds =
      known !== undefined && known.version === version && nowMs >= known.fromMs && nowMs <= known.computed.validUntilMs;
    if (holds) return known.computed.value;
    const computed = compute(this, settings as never, nowMs);
    bySettings.set(settings, { version, fromMs: nowMs, computed });
    return computed.value;
  }

  /** Lets go of what was computed for settings that are not used any more. */
  release(settings: unknown): void {
    for (const bySettings of this.#remembered.values()) bySettings.delete(settings);
    this.#tallies.release(settings);
  }

  /** The whole names of the streams that are followed. */
  streams(): readonly string[] {
    return this.#followed.map(({ position }) => position.key);
  }

  /** The whole names of the streams that cannot be read, because their keys are of another type. */
  unreadable(): readonly string[] {
    return this.#followed.filter((view) => view.unreadSinceMs !== undefined).map(({ position }) => position.key);
  }

  /**
   * Notes where the views stand now. To be told the last ids of their streams as read afterwards: where a view stands
   * beyond, its stream was taken back below the clock, and the views begin anew.
   */
  standing(): (lastIds: ReadonlyMap<string, string>) => void {
    const positions = this.#followed.map(({ position }) => position);
    return (lastIds) => {
      const isBeyond = ({ key, after }: { readonly key: string; readonly after: string }) => {
        const lastId = lastIds.get(key) ?? '0-0';
        return lastId !== '0-0' && compareStreamIds(after, lastId) > 0;
      };
      if (positions.some(isBeyond)) this.#forget();
    };
  }

  #forget(): void {
    this.losses += 1;
    this.book.reset();
    this.#violations.reset();
    this.#loaded = undefined;
  }
}
