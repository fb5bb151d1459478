import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { HashView } from '../../../handlers/contract/reads.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { keysBeginning, serverOf } from '../../redis/key-sweep.ts';
import { isWrongType } from '../../redis/problem.ts';
import { whenReady } from '../../redis/when-ready.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Invalidations } from './invalidations.ts';

const CHUNK = 1000;

type Families = ReadonlyMap<string, Family>;

interface Place {
  readonly family: Family;
  readonly familyName: string;
  readonly name: string;
}

class Family implements HashView {
  readonly hashes = new Map<string, Fields>();

  get(name: string): Fields | undefined {
    return this.hashes.get(name);
  }

  names(): Iterable<string> {
    return this.hashes.keys();
  }
}

/**
 * Hashes of a few families kept in memory, each re-read when Redis says that it changed (client-side caching in
 * broadcast mode), so that a judgment costs the same with ten symbols and with ten thousand.
 * Where the connection that is told is lost, and after FLUSHALL, all is loaded again before anything is judged on it.
 * Where the connection that reads is lost, only whether it still reads from the other's server is asked.
 */
export class TrackedHashes {
  /** Changes whenever a hash changes. */
  version = 0;
  /** Told the family and name of every hash that was read again; without a name, any of the family may have changed. */
  onChange: (family: string, name: string | undefined) => void = () => undefined;
  readonly #portfolio: Portfolio;
  #families: Families;
  readonly #data: Redis;
  readonly #invalidations: Invalidations;
  readonly #dirty = new Set<string>();
  readonly #onDataLost: () => void;
  /** The data set that what is kept here, and in the views beside it, comes from. */
  #dataSet: { readonly server: string; readonly name: string | undefined } | undefined;
  #armed = false;
  /** The servers that tell of changes, and that are read from, by their run ids; unknown after a lost connection. */
  #listening: string | undefined;
  #reading: string | undefined;
  #generation = 0;
  #arming: Promise<void> | undefined;
  #loading: Promise<void> = Promise.resolve();

  /** `data` reads, `invalidations` tell what changed. */
  constructor(
    portfolio: Portfolio,
    families: readonly string[],
    connections: { data: Redis; invalidations: Invalidations },
    onDataLost: () => void,
  ) {
    this.#portfolio = portfolio;
    this.#families = emptyFamilies(families);
    this.#data = connections.data;
    this.#invalidations = connections.invalidations;
    this.#onDataLost = onDataLost;
    this.#invalidations.join(portfolio, {
      closed: () => {
        this.#armed = false;
        this.#listening = undefined;
        this.#generation += 1;
      },
      changed: (key) => {
        if (this.#placeOf(key, this.#families) !== undefined) this.#dirty.add(key);
      },
      flushed: () => this.#flushed(),
    });
    this.#data.on('close', () => {
      this.#reading = undefined;
      this.#generation += 1;
    });
  }

  /** The hashes of a family. */
  family(name: string): HashView {
    const family = this.#families.get(name);
    if (family === undefined) throw new Error(`expected one of the tracked families, got ${name}`);
    return family;
  }

  /** Resolves when changes are told, and all there was before is loaded: at once, but after a lost connection. */
  async ready(): Promise<void> {
    while (!this.#isReady()) await this.#arm();
  }

  /** Resolves when every write that Redis finished before the call is seen; says whether no connection was lost meanwhile. */
  async catchUp(): Promise<boolean> {
    const generation = this.#generation;
    do {
      await this.ready();
      await this.#invalidations.settled();
      const load = async () => {
        if (this.#armed) await this.#load([...this.#dirty], this.#families);
      };
      this.#loading = this.#loading.then(load, load);
      await this.#loading;
    } while (!this.#isReady());
    return generation === this.#generation;
  }

  #isReady(): boolean {
    return this.#armed && this.#reading !== undefined;
  }

  async #arm(): Promise<void> {
    this.#arming ??= this.#track().finally(() => {
      this.#arming = undefined;
    });
    await this.#arming;
  }

  /** What fails because a connection was lost on the way is begun again. */
  async #track(): Promise<void> {
    const generation = this.#generation;
    try {
      const [reading, listening] = await Promise.all([
        this.#reading ?? whenReady(this.#data, serverOf),
        this.#listening ?? this.#invalidations.listen(),
      ]);
      if (reading !== listening) throw new Error('expected to read and listen on one server, got two: Redis has moved');
      if (!this.#armed) {
        await this.#compareDataSet(reading);
        await this.#loadAll(reading);
      }
      if (generation !== this.#generation) return;
      this.#reading = reading;
      this.#listening = listening;
      this.#armed = true;
    } catch (error) {
      this.#armed = false;
      if (generation === this.#generation) throw error;
    }
  }

  /** The name of the data set that the views were read from; undefined until it is known. */
  get dataSet(): string | undefined {
    return this.#dataSet?.name;
  }

  /**
   * Data lost while nobody listened (a server that came back empty) are told by the name of the data set. Another server
   * (a replica that was promoted, a start on what was on disk) has the same, and may lack the newest entries.
   */
  async #compareDataSet(server: string): Promise<void> {
    const key = this.#portfolio.key(runtimeKeys.dataSet);
    await this.#data.setnx(key, randomUUID());
    const found = (await this.#data.get(key)) ?? undefined;
    const before = this.#dataSet;
    if (before !== undefined && (before.server !== server || before.name !== found)) this.#onDataLost();
    this.#dataSet = { server, name: found };
  }

  async #loadAll(server: string): Promise<void> {
    const fresh = emptyFamilies([...this.#families.keys()]);
    const keys = await keysBeginning(this.#data, server, `${this.#portfolio.prefix}:`);
    const ours = new Set(keys.filter((key) => this.#placeOf(key, fresh) !== undefined));
    await this.#load([...ours], fresh);
    this.#families = fresh;
    this.version += 1;
    for (const family of fresh.keys()) this.onChange(family, undefined);
  }

  async #load(keys: readonly string[], into: Families): Promise<void> {
    for (let i = 0; i < keys.length; i += CHUNK) {
      const chunk = keys.slice(i, i + CHUNK);
      for (const key of chunk) this.#dirty.delete(key);
      const pipeline = this.#data.pipeline();
      for (const key of chunk) pipeline.call('HGETALL', key);
      try {
        const replies = (await pipeline.exec()) ?? [];
        for (const [at, key] of chunk.entries())
          this.#keep(key, replies[at] ?? [new Error('expected a reply'), null], into);
      } catch (error) {
        for (const key of chunk) this.#dirty.add(key);
        throw error;
      } finally {
        this.version += 1;
      }
    }
  }

  #keep(key: string, [error, flat]: [Error | null, unknown], into: Families): void {
    const place = this.#placeOf(key, into);
    if (place === undefined) return;
    if (error !== null && !isWrongType(error)) throw error;
    const fields = error === null ? (flat as string[]) : [];
    if (fields.length === 0) place.family.hashes.delete(place.name);
    else place.family.hashes.set(place.name, fieldsOf(fields));
    if (into === this.#families) this.onChange(place.familyName, place.name);
  }

  #flushed(): void {
    this.#armed = false;
    this.#generation += 1;
    this.#dirty.clear();
    this.#dataSet = undefined;
    this.#onDataLost();
  }

  #placeOf(key: string, families: Families): Place | undefined {
    for (const [name, family] of families) {
      const prefix = this.#portfolio.key(`${name}:`);
      if (key.startsWith(prefix)) return { family, familyName: name, name: key.slice(prefix.length) };
    }
    return undefined;
  }
}

function emptyFamilies(names: readonly string[]): Families {
  return new Map(names.map((name) => [name, new Family()]));
}
