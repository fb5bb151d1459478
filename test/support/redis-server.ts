import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';

/** What the servers of this process want to hear, so that no other user of the machine can use them. */
export const PASSWORD = randomBytes(16).toString('hex');

/** Starts a server; it reads the password from standard input, because everybody may read arguments. */
export function spawnServer(args: readonly string[]): ChildProcess {
  const child = spawn('redis-server', [...args, '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => undefined);
  child.stdin.end(`requirepass ${PASSWORD}\nmasterauth ${PASSWORD}\n`);
  return child;
}

/** The URL of a server of this process, or of a way to one, on this loopback port. */
export function urlAt(port: number): string {
  return `redis://default:${PASSWORD}@127.0.0.1:${port}`;
}

/** A connection to a server of this process that comes back by itself. */
export function connectAt(port: number): Redis {
  const client = new Redis(urlAt(port), { retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  return client;
}
