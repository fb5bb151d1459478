import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { HashView } from '../../handlers/common/reads.ts';
import { runtimeKeys } from '../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../schemas/wire.ts';
import type { Portfolio } from '../portfolio.ts';
import { keysBeginning, serverOf } from './key-sweep.ts';
import { whenReady } from './when-ready.ts';

const CHUNK = 1000;
const INVALIDATIONS = '__redis__:invalidate';

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
 * Lost connections and FLUSHALL arm and load it again before anything is judged on it.
 */
export class TrackedHashes {
  /** Changes whenever a hash changes. */
  version = 0;
  /** Told the family and name of every hash that was read again; without a name, any of the family may have changed. */
  onChange: (family: string, name: string | undefined) => void = () => undefined;
  readonly #portfolio: Portfolio;
  #families: Families;
  readonly #data: Redis;
  readonly #listener: Redis;
  readonly #dirty = new Set<string>();
  readonly #onDataLost: () => void;
  /** The data set that what is kept here, and in the views beside it, comes from. */
  #dataSet: string | undefined;
  #armed = false;
  #generation = 0;
  #arming: Promise<void> | undefined;
  #loading: Promise<void> = Promise.resolve();

  /** `data` reads and is tracked, `listener` is subscribed; both belong to this object alone. */
  constructor(
    portfolio: Portfolio,
    families: readonly string[],
    connections: { data: Redis; listener: Redis },
    onDataLost: () => void,
  ) {
    this.#portfolio = portfolio;
    this.#families = emptyFamilies(families);
    this.#data = connections.data;
    this.#listener = connections.listener;
    this.#onDataLost = onDataLost;
    for (const connection of [this.#data, this.#listener]) {
      connection.on('close', () => {
        this.#armed = false;
        this.#generation += 1;
      });
    }
    this.#listener.on('messageBuffer', (_channel: Buffer, changed: unknown) => this.#invalidate(changed));
  }

  /** The hashes of a family. */
  family(name: string): HashView {
    const family = this.#families.get(name);
    if (family === undefined) throw new Error(`expected one of the tracked families, got ${name}`);
    return family;
  }

  /** Resolves when every write that Redis finished before the call is seen. */
  async catchUp(): Promise<void> {
    do {
      while (!this.#armed) await this.#arm();
      await this.#listener.ping();
      const load = async () => {
        if (this.#armed) await this.#load([...this.#dirty], this.#families);
      };
      this.#loading = this.#loading.then(load, load);
      await this.#loading;
    } while (!this.#armed);
  }

  async #arm(): Promise<void> {
    this.#arming ??= this.#track().finally(() => {
      this.#arming = undefined;
    });
    await this.#arming;
  }

  async #track(): Promise<void> {
    const generation = this.#generation;
    await whenReady(this.#listener, (listener) => listener.unsubscribe(INVALIDATIONS));
    const listening = await whenReady(this.#listener, serverOf);
    const id = String(await whenReady(this.#listener, (listener) => listener.client('ID')));
    await whenReady(this.#listener, (listener) => listener.subscribe(INVALIDATIONS));
    const prefixes = [...this.#families.keys()].flatMap((family) => ['PREFIX', this.#portfolio.key(`${family}:`)]);
    const reading = await whenReady(this.#data, serverOf);
    if (reading !== listening) throw new Error('expected to read and listen on one server, got two: Redis has moved');
    await whenReady(this.#data, (data) => data.call('CLIENT', 'TRACKING', 'OFF'));
    const tracking = ['TRACKING', 'ON', 'REDIRECT', id, 'BCAST', ...prefixes];
    await whenReady(this.#data, (data) => data.call('CLIENT', tracking));
    await this.#compareDataSet(reading);
    await this.#loadAll(reading);
    this.#armed = generation === this.#generation;
  }

  /**
   * Data lost while nobody listened (a server that came back empty) are told by the name of the data set. Another server
   * (a replica that was promoted, a start on what was on disk) has the same, and may lack the newest entries.
   */
  async #compareDataSet(server: string): Promise<void> {
    const key = this.#portfolio.key(runtimeKeys.dataSet);
    await this.#data.setnx(key, randomUUID());
    const found = (await this.#data.get(key)) ?? undefined;
    const from = `${server} ${found}`;
    if (this.#dataSet !== undefined && this.#dataSet !== from) this.#onDataLost();
    this.#dataSet = from;
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
    if (error !== null && !error.message.startsWith('WRONGTYPE')) throw error;
    const fields = error === null ? (flat as string[]) : [];
    if (fields.length === 0) place.family.hashes.delete(place.name);
    else place.family.hashes.set(place.name, fieldsOf(fields));
    if (into === this.#families) this.onChange(place.familyName, place.name);
  }

  #invalidate(changed: unknown): void {
    if (!Array.isArray(changed)) {
      this.#armed = false;
      this.#generation += 1;
      this.#dirty.clear();
      this.#dataSet = undefined;
      this.#onDataLost();
      return;
    }
    for (const key of changed) this.#dirty.add(String(key));
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
