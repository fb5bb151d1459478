import { Redis, type RedisOptions } from 'ioredis';
import { RedisProblem } from './problem.ts';

/** Where a Redis is reached: a URL, or the path of its unix socket. */
export type RedisAddress = { readonly url: string } | { readonly path: string };

/** What a server says of itself. */
export interface ServerFacts {
  /** Version of Redis it speaks as, `7.0.15`. */
  readonly version: string;
  readonly processId: number;
}

const OLDEST_MAJOR = 7;

/** A client of this address. Errors are the caller's to listen for. */
export function connectTo(address: RedisAddress, options: RedisOptions = {}): Redis {
  return 'path' in address ? new Redis({ ...options, path: address.path }) : new Redis(address.url, options);
}

/** The address as messages show it: without a password. */
export function addressText(address: RedisAddress): string {
  if ('path' in address) return address.path;
  return address.url.replace(/^([a-z]*:?\/\/).*@/i, '$1***@');
}

/** Asks a server for its version and process id; throws when it does not answer within `timeoutMs`. */
export async function askServer(address: RedisAddress, timeoutMs: number): Promise<ServerFacts> {
  const client = connectTo(address, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  let lastError: unknown;
  client.on('error', (error) => {
    lastError = error;
  });
  try {
    await client.connect();
    await client.ping();
    return serverFacts(await client.info('server'));
  } catch (error) {
    throw lastError ?? error;
  } finally {
    client.disconnect();
  }
}

/** Throws when a server is older than the oldest Redis that is supported, 7.0. */
export function requireVersion(facts: ServerFacts, where: string): void {
  if (Number.parseInt(facts.version, 10) >= OLDEST_MAJOR) return;
  throw new RedisProblem(
    `expected Redis 7.0 or newer, got ${facts.version} (${where}). ` +
      'Install a newer one from redis.io, or set REDIS_URL to one that is',
  );
}

function serverFacts(info: string): ServerFacts {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  return { version: field('redis_version'), processId: Number(field('process_id')) };
}
