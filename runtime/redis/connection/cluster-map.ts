import { Redis } from 'ioredis';
import { errorText } from '../problem.ts';

/** Where a node of a cluster listens. */
export interface ClusterNode {
  readonly host: string;
  readonly port: number;
}

/** How every node of a cluster is reached, besides its address. */
export interface ClusterAccess {
  readonly username?: string;
  readonly password?: string;
  /** Whether the nodes speak TLS. */
  readonly tls?: boolean;
}

interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly master: ClusterNode;
}

/** An answer of `CLUSTER SLOTS`: first and last slot, then host, port and id of the master and of its replicas. */
type SlotsReply = readonly (readonly [number, number, readonly [string | null, number, string], ...unknown[]])[];

/** How long what the nodes said may be taken for true: many connections ask at once when a node goes. */
const FRESH_MS = 200;
const ASK_WITHIN_MS = 2_000;

/** Which node of a Redis Cluster has which slots, as the nodes themselves say. */
export class ClusterMap {
  readonly access: ClusterAccess;
  readonly #seeds: readonly ClusterNode[];
  #nodes: readonly ClusterNode[] = [];
  readonly #slots = new Map<string, number>();
  #ranges: Promise<readonly SlotRange[]> | undefined;

  /** `seeds` are nodes to ask first; they name the others. */
  constructor(seeds: readonly ClusterNode[], access: ClusterAccess) {
    this.#seeds = seeds;
    this.access = access;
  }

  /** The master of the slot of a key. Throws when no node answers, or none has the slot. */
  async masterOf(key: string): Promise<ClusterNode> {
    const slot = await this.#slotOf(key);
    const range = (await this.#current()).find(({ first, last }) => slot >= first && slot <= last);
    if (range === undefined) throw new Error(`expected a node with slot ${slot} of the cluster, got none`);
    return range.master;
  }

  async #slotOf(key: string): Promise<number> {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = await this.#ask(async (node) => Number(await node.cluster('KEYSLOT', key)));
    this.#slots.set(key, slot);
    return slot;
  }

  #current(): Promise<readonly SlotRange[]> {
    if (this.#ranges !== undefined) return this.#ranges;
    const ranges = this.#ask(async (node, asked) =>
      ((await node.cluster('SLOTS')) as unknown as SlotsReply).map(([first, last, [host, port]]) => ({
        first,
        last,
        master: { host: host === null || host === '' ? asked.host : host, port },
      })),
    );
    this.#ranges = ranges;
    const forget = () => {
      this.#ranges = undefined;
    };
    ranges.then((found) => {
      this.#nodes = [...new Map(found.map(({ master }) => [textOf(master), master])).values()];
      setTimeout(forget, FRESH_MS).unref();
    }, forget);
    return ranges;
  }

  /** The answer of the first node that gives one. */
  async #ask<T>(ask: (node: Redis, asked: ClusterNode) => Promise<T>): Promise<T> {
    const nodes = new Map([...this.#nodes, ...this.#seeds].map((node) => [textOf(node), node]));
    const problems: string[] = [];
    for (const node of nodes.values()) {
      const client = this.#clientOf(node);
      let cause: Error | undefined;
      client.on('error', (error: Error) => {
        cause = error;
      });
      try {
        await client.connect();
        return await ask(client, node);
      } catch (error) {
        problems.push(`${textOf(node)}: ${errorText(cause ?? error)}`);
      } finally {
        client.disconnect();
      }
    }
    throw new Error(`expected a node of the cluster that answers, got ${problems.join('; ')}`);
  }

  #clientOf({ host, port }: ClusterNode): Redis {
    const { tls, ...login } = this.access;
    return new Redis({
      host,
      port,
      ...login,
      ...(tls === true && { tls: {} }),
      lazyConnect: true,
      enableReadyCheck: false,
      connectTimeout: ASK_WITHIN_MS,
      commandTimeout: ASK_WITHIN_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
  }
}

/** A node as messages name it. */
export function textOf({ host, port }: ClusterNode): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
