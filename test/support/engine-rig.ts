import type { Redis } from 'ioredis';
import type { Fields } from '../../schemas/wire.ts';
import type { TestRedis } from './redis.ts';
import { entriesOf, type SystemOptions, startSystem, type TestSystem } from './system.ts';

/** The fields of an entry as a test sends them, exact to the byte. */
export type Sent = Readonly<Record<string, string | Buffer>>;

/** A real Redis of a test's own, the workers on it, and what is said to every rig and asked of it. */
export class EngineRig {
  readonly redis: TestRedis;
  readonly #workers: TestSystem[] = [];

  constructor(redis: TestRedis) {
    this.redis = redis;
  }

  get client(): Redis {
    return this.redis.client;
  }

  /** Starts a worker on what is there. */
  async begin(options: SystemOptions): Promise<TestSystem> {
    const worker = await startSystem(this.redis, options);
    this.#workers.push(worker);
    return worker;
  }

  /** Stops the workers alone. */
  async stopWorkers(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.stop()));
  }

  /** Stops the workers, and Redis with them. */
  async stop(): Promise<void> {
    await this.stopWorkers();
    await this.redis.stop();
  }

  /** Unix seconds by Redis's clock. */
  async now(): Promise<number> {
    return Number((await this.client.time())[0]);
  }

  /** Adds an entry to a stream, and answers its id. */
  async add(stream: string, fields: Sent): Promise<string> {
    return String(await this.client.xadd(stream, '*', ...(Object.entries(fields).flat() as [string, string])));
  }

  /** The fields of the entries of a stream, oldest first. */
  async entries(stream: string): Promise<Fields[]> {
    return (await entriesOf(this.client, stream)).map((entry) => entry.fields);
  }
}
