import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sealer } from '../../runtime/desk/seals/sealer.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { type CliResult, runCli } from './cli.ts';
import { decisionOf, FactsRig, LOG } from './facts-rig.ts';
import { startRedis, type TestRedis } from './redis.ts';

/** An entry of a stream as Redis gives it. */
export type Entry = [id: string, flat: string[]];

/** A key to mark seals with. */
export const SEAL_KEY = 'a key of more than thirty-two characters';
/** Ranges of ten decisions. */
export const TEN = { decisions: 10, afterMs: 600_000 };
const portfolio = portfolioOf('p');

/** A decision log on a Redis of its own, sealed in ranges of ten, and a data folder. */
export class SealRig {
  readonly redis: TestRedis;
  readonly folder: string;
  /** What sealing warned of. */
  readonly warnings: string[] = [];
  readonly #facts: FactsRig;

  private constructor(redis: TestRedis, folder: string) {
    this.redis = redis;
    this.folder = folder;
    this.#facts = new FactsRig(redis);
  }

  static async start(): Promise<SealRig> {
    return new SealRig(await startRedis(), await mkdtemp(join(tmpdir(), 'seals-')));
  }

  async stop(): Promise<void> {
    await this.redis.stop();
    await rm(this.folder, { recursive: true });
  }

  /** So many decisions, two of each that share a book. */
  async decide(count: number): Promise<void> {
    for (let at = 0; at < count; at += 2) {
      const book = { positions: [at], mark: 'é' };
      const pair = [decisionOf(book), decisionOf(book, `{"heat":${at}}`)];
      await this.#facts.decide('heat-gate', ...pair.slice(0, count - at));
    }
  }

  /** Seals what is closed. */
  async seal(limits = TEN, key?: string): Promise<void> {
    const [newest] = await this.redis.client.xrevrange(LOG, '+', '-', 'COUNT', 1);
    const warn = (message: string) => this.warnings.push(message);
    await new Sealer(this.redis.client, portfolio, { key, limits, warn }).turn(newest?.[0] ?? '');
  }

  /** The decisions as they are stored. */
  async log(): Promise<Entry[]> {
    return (await this.redis.client.xrange(LOG, '-', '+')) as Entry[];
  }

  /** The fields of the seals, oldest first. */
  async sealed(): Promise<Readonly<Record<string, string>>[]> {
    const { out } = await this.run(['ledger', '--seals', '--last', '1000', '--json']);
    const all = JSON.parse(out) as { fields: Record<string, string> }[];
    return all.map(({ fields }) => fields).filter(({ action }) => action === 'decisions_sealed');
  }

  async run(argv: readonly string[], environment: Record<string, string> = {}): Promise<CliResult> {
    return await runCli(this.redis.url, [...argv, '--portfolio', 'p'], {
      environment: { PORTCULLIS_DATA_DIR: this.folder, ...environment },
    });
  }

  /** Puts other entries in the place of a stream's. */
  async rewrite(key: string, list: readonly Entry[]): Promise<void> {
    await this.redis.client.del(key);
    for (const [id, flat] of list) await this.redis.client.xadd(key, id, ...flat);
  }
}

/** A decision with another verdict. */
export function edited([id, flat]: Entry): Entry {
  return [id, flat.map((text, at) => (flat[at - 1] === 'verdict' ? 'BLOCK' : text))];
}
