import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { freePort } from '../support/ports.ts';
import { connectAt, spawnServer } from '../support/redis-server.ts';

/** A Redis that loses nothing it acknowledged, and can be killed and started again on the same data. */
export class ChaosServer {
  readonly port: number;
  /** For the suite itself: never through the unreliable link. */
  readonly client: Redis;
  readonly #folder: string;
  readonly #connections: Redis[] = [];
  #child: ChildProcess;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    this.#child = this.#spawn();
    this.client = this.connect();
  }

  /** Starts a server on a free loopback port with its data in a folder below this one. */
  static async start(folder: string): Promise<ChaosServer> {
    const data = join(folder, 'redis');
    mkdirSync(data, { recursive: true });
    const server = new ChaosServer(await freePort(), data);
    await server.client.ping();
    return server;
  }

  /** A connection that comes back by itself, until the server is stopped. */
  connect(): Redis {
    const client = connectAt(this.port);
    this.#connections.push(client);
    return client;
  }

  /** Ends it as a power cut of its machine would. */
  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Starts it again on the data it has, and waits until it answers. */
  async startAgain(): Promise<void> {
    this.#child = this.#spawn();
    await this.client.ping();
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.disconnect();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }

  #spawn(): ChildProcess {
    const network = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder];
    const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
    return spawnServer([...network, ...durable, '--logfile', 'redis.log']);
  }
}
