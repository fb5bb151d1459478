import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { freePort } from './ports.ts';
import { until } from './redis.ts';
import { connectAt, PASSWORD, spawnServer } from './redis-server.ts';

const SLOTS = 16_384;
const MOVED_AT_ONCE = 50;

interface Node {
  readonly port: number;
  /** On which the nodes speak with each other. */
  readonly bus: number;
  readonly client: Redis;
  readonly folder: string;
  child: ChildProcess;
}

/** A Redis Cluster of three masters on loopback, which lose nothing they acknowledged. */
export class RedisCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), 'portcullis-cluster-'));
  readonly #nodes: Node[] = [];

  /** Starts the nodes, shares the slots out among them, and waits until all three agree. */
  static async start(): Promise<RedisCluster> {
    const cluster = new RedisCluster();
    for (let at = 0; at < 3; at += 1) await cluster.#add();
    const [first, ...others] = cluster.#nodes as [Node, ...Node[]];
    for (const { port, bus } of others) await first.client.call('CLUSTER', 'MEET', '127.0.0.1', port, bus);
    for (const [at, { client }] of cluster.#nodes.entries()) {
      const [from, to] = [Math.floor((at * SLOTS) / 3), Math.floor(((at + 1) * SLOTS) / 3) - 1];
      await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
    }
    await cluster.agreed();
    return cluster;
  }

  get url(): string {
    return `redis+cluster://:${PASSWORD}@${this.#nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  /** Resolves once every node says that the cluster is whole. */
  async agreed(): Promise<void> {
    await until('the cluster to be whole', async () => {
      const infos = await Promise.all(this.#nodes.map(({ client }) => client.cluster('INFO')));
      return infos.every((info) => /cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(String(info)));
    });
  }

  /** Which node, by its place, has the slot of a key. */
  async placeOf(key: string): Promise<number> {
    const slot = await this.#slotOf(key);
    const slots = await this.#node(0).client.cluster('SLOTS');
    const port = slots.find(([first, last]) => slot >= first && slot <= last)?.[2]?.[1];
    return this.#nodes.findIndex((node) => node.port === port);
  }

  /** Says that the slot of a key is on its way to another node, and moves nothing yet. */
  async beginMove(key: string, to: number): Promise<{ slot: number; source: Node; target: Node }> {
    const slot = await this.#slotOf(key);
    const [source, target] = [this.#node(await this.placeOf(key)), this.#node(to)];
    await target.client.cluster('SETSLOT', slot, 'IMPORTING', await idOf(source));
    await source.client.cluster('SETSLOT', slot, 'MIGRATING', await idOf(target));
    return { slot, source, target };
  }

  /** Moves the slot of a key, with all that is in it, as `redis-cli --cluster reshard` does. */
  async move(key: string, to: number): Promise<void> {
    const { slot, source, target } = await this.beginMove(key, to);
    for (;;) {
      const keys = (await source.client.cluster('GETKEYSINSLOT', slot, MOVED_AT_ONCE)) as string[];
      if (keys.length === 0) break;
      await source.client.migrate('127.0.0.1', target.port, '', 0, 5_000, 'AUTH', PASSWORD, 'KEYS', ...keys);
    }
    for (const node of [target, source, ...this.#nodes])
      await node.client.cluster('SETSLOT', slot, 'NODE', await idOf(target));
  }

  /** Ends a node as a power cut would, and starts it again on its data. */
  async restart(place: number): Promise<void> {
    const node = this.#node(place);
    await killed(node.child);
    node.child = spawnNode(node);
    await node.client.ping();
    await this.agreed();
  }

  async stop(): Promise<void> {
    for (const { client, child } of this.#nodes) {
      client.disconnect();
      await killed(child);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #add(): Promise<void> {
    const [port, bus] = [await freePort(), await freePort()];
    const folder = join(this.#folder, String(port));
    mkdirSync(folder);
    const child = spawnNode({ port, bus, folder });
    const client = connectAt(port);
    this.#nodes.push({ port, bus, client, folder, child });
    await client.ping();
  }

  async #slotOf(key: string): Promise<number> {
    return Number(await this.#node(0).client.cluster('KEYSLOT', key));
  }

  #node(place: number): Node {
    const node = this.#nodes[place];
    if (node === undefined) throw new Error(`expected one of ${this.#nodes.length} nodes, got ${place}`);
    return node;
  }
}

async function idOf({ client }: Node): Promise<string> {
  return String(await client.cluster('MYID'));
}

function spawnNode({ port, bus, folder }: Pick<Node, 'port' | 'bus' | 'folder'>): ChildProcess {
  const network = ['--port', String(port), '--bind', '127.0.0.1', '--cluster-port', String(bus), '--dir', folder];
  const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
  const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '5000'];
  return spawnServer([...network, ...durable, ...cluster]);
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
