import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { freePort } from './ports.ts';
import { until } from './redis.ts';
import { connectAt, PASSWORD, spawnServer } from './redis-server.ts';

const NAME = 'main';
/** A primary that is merely slow on a busy machine is not taken for dead. */
const DOWN_AFTER_MS = 4_000;

interface Server {
  readonly port: number;
  readonly folder: string;
  readonly client: Redis;
  readonly child: ChildProcess;
}

/** A primary with one replica, and a Sentinel that promotes the replica when the primary is gone. */
export class RedisPair {
  readonly #folder: string;
  readonly #children: ChildProcess[] = [];
  readonly #clients: Redis[] = [];
  readonly primary: Redis;
  readonly replica: Redis;
  readonly url: string;
  readonly #old: Server;

  private constructor(folder: string, servers: [Server, Server], sentinel: { port: number; child: ChildProcess }) {
    this.#folder = folder;
    this.#old = servers[0];
    this.#children.push(servers[0].child, servers[1].child, sentinel.child);
    this.primary = servers[0].client;
    this.replica = servers[1].client;
    this.#clients.push(this.primary, this.replica);
    this.url = `redis+sentinel://:${PASSWORD}@127.0.0.1:${sentinel.port}/${NAME}?sentinel_password=${PASSWORD}`;
  }

  /** Starts all three, and waits until the replica is in step and Sentinel knows it. */
  static async start(): Promise<RedisPair> {
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-sentinel-'));
    const first = await startServer(folder);
    const second = await startServer(folder, '--replicaof', '127.0.0.1', String(first.port));
    const sentinel = await startSentinel(folder, first.port);
    const pair = new RedisPair(folder, [first, second], sentinel);
    await until('the replica to be in step', async () =>
      (await second.client.info('replication')).includes('master_link_status:up'),
    );
    const asked = connectAt(sentinel.port);
    pair.#clients.push(asked);
    await until('Sentinel to know the replica', async () =>
      String(await asked.call('SENTINEL', 'REPLICAS', NAME)).includes(String(second.port)),
    );
    return pair;
  }

  /** Cuts the replica off, lets `meanwhile` happen on the primary alone, and ends that as a power cut would. Resolves once the replica is promoted. */
  async failOver(meanwhile: () => Promise<unknown>): Promise<void> {
    await this.primary.config('SET', 'requirepass', 'so that the replica cannot come back');
    await this.primary.client('KILL', 'TYPE', 'replica');
    await meanwhile();
    await killed(this.#old.child);
    await until('the replica to be promoted', async () => (await this.replica.role())[0] === 'master');
  }

  /** A server on a copy of what the old primary had on disk. */
  async oldData(): Promise<Redis> {
    const copy = join(this.#folder, 'copy');
    cpSync(this.#old.folder, copy, { recursive: true });
    const server = await startServer(this.#folder, '--dir', copy);
    this.#children.push(server.child);
    this.#clients.push(server.client);
    return server.client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    for (const child of this.#children) await killed(child);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function startServer(parent: string, ...more: string[]): Promise<Server> {
  const port = await freePort();
  const folder = join(parent, String(port));
  mkdirSync(folder);
  const network = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--repl-diskless-sync-delay', '0'];
  const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
  const child = spawnServer([...network, ...durable, ...more]);
  const client = connectAt(port);
  await client.ping();
  return { port, folder, client, child };
}

async function startSentinel(parent: string, primaryPort: number): Promise<{ port: number; child: ChildProcess }> {
  const port = await freePort();
  const file = join(parent, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${parent}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} 1`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} 5000`,
    `sentinel auth-pass ${NAME} ${PASSWORD}`,
    `requirepass ${PASSWORD}`,
  ];
  writeFileSync(file, lines.join('\n'));
  return { port, child: spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' }) };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
