import type { Redis, RedisOptions } from 'ioredis';
import { readSeveralServers, type SeveralServers, withoutLogin } from '../../settings/several-servers.ts';
import { RedisProblem } from '../problem.ts';
import { Cluster } from './cluster.ts';
import { ClusterMap } from './cluster-map.ts';
import { LeavingOnce } from './leaving-once.ts';

/** A primary that Sentinel names, and what it takes to ask Sentinel and to use it. */
export type SentinelAddress = Pick<
  RedisOptions,
  | 'sentinels'
  | 'name'
  | 'username'
  | 'password'
  | 'db'
  | 'tls'
  | 'enableTLSForSentinelMode'
  | 'sentinelUsername'
  | 'sentinelPassword'
>;

/** Where a Redis is reached: a URL, the path of its unix socket, the nodes of a cluster, or the Sentinels that know it. */
export type RedisAddress =
  | { readonly url: string }
  | { readonly path: string; readonly username?: string; readonly password?: string }
  | { readonly cluster: Cluster; readonly text: string }
  | { readonly sentinel: SentinelAddress; readonly text: string };

/** What a server says of itself. */
export interface ServerFacts {
  /** Version of Redis it speaks as, `7.0.15`. */
  readonly version: string;
  readonly processId: number;
  /** `standalone`, `cluster` or `sentinel`. */
  readonly mode: string;
}

const UNIX_URL = /^unix:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?(.*)$/;
/** How a server without a password answers to one; it is used all the same. */
const HAS_NO_PASSWORD = /without any password configured/;
const OLDEST_MAJOR = 7;
const RECONNECT_MAX_MS = 1_000;

/** The address that a setting means: a URL of one server or of several, or the path of a socket. */
export function addressOf(setting: string): RedisAddress {
  const [, username, password, path] = UNIX_URL.exec(setting) ?? [];
  if (path !== undefined) {
    return {
      path,
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
    };
  }
  if (setting.startsWith('/')) return { path: setting };
  const several = readSeveralServers(setting);
  if (several === undefined) return { url: setting };
  if (several.kind === 'sentinel') return { sentinel: sentinelOf(several), text: setting };
  const { hosts, kind: _, ...access } = several;
  return { cluster: new Cluster(new ClusterMap(hosts, access)), text: setting };
}

function sentinelOf({ kind: _, hosts, name, tls, ...login }: SeveralServers): SentinelAddress {
  return {
    ...login,
    sentinels: [...hosts],
    ...(name !== undefined && { name }),
    ...(tls && { tls: {}, enableTLSForSentinelMode: true }),
  };
}

/**
 * A client of this address; of a cluster, one of the node that keeps the portfolio of this prefix. Errors are the
 * caller's to listen for.
 */
export function connectTo(address: RedisAddress, options: RedisOptions = {}, prefix = ''): Redis {
  if ('path' in address) return new LeavingOnce({ ...options, ...address });
  if ('cluster' in address) return address.cluster.linkOf(`${prefix}:`).connect(options);
  if ('sentinel' in address) return new LeavingOnce({ ...options, ...address.sentinel });
  return new LeavingOnce(address.url, options);
}

/** A worker's connection: waits for Redis however long it is away, and follows a primary; safe because every write of the runtime is gated. */
export function workerConnection(address: RedisAddress, prefix: string): Redis {
  const options: RedisOptions = {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(RECONNECT_MAX_MS, times * 50),
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  };
  return connectTo(address, options, prefix);
}

/** The address as messages show it: without a password. */
export function addressText(address: RedisAddress): string {
  if ('path' in address) return address.path;
  return withoutLogin('url' in address ? address.url : address.text);
}

/**
 * Asks a server for its version and process id; throws when it does not answer within `timeoutMs`, or has no database of
 * the number in the address: ioredis alone would go on in database 0.
 */
export async function askServer(address: RedisAddress, timeoutMs: number): Promise<ServerFacts> {
  const isSocket = 'path' in address;
  const client = connectTo(isSocket ? { path: address.path } : address, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
    sentinelCommandTimeout: timeoutMs,
  });
  let lastError: unknown;
  client.on('error', (error) => {
    lastError = error;
  });
  try {
    await client.connect();
    if (isSocket && address.password !== undefined) await logIn(client, address.username, address.password);
    if (client.options.db) await client.select(client.options.db);
    await client.ping();
    return serverFacts(await client.info('server'));
  } catch (error) {
    throw lastError ?? error;
  } finally {
    client.disconnect();
  }
}

/** Whether an error is a server's refusal of a password, or of a client without one. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(?:NOAUTH|WRONGPASS)/.test(error.message);
}

/** ioredis would log a line for each login that a server without a password has no use for. */
async function logIn(client: Redis, username: string | undefined, password: string): Promise<void> {
  try {
    await (username === undefined ? client.auth(password) : client.auth(username, password));
  } catch (error) {
    if (!HAS_NO_PASSWORD.test((error as Error).message)) throw error;
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
  return { version: field('redis_version'), processId: Number(field('process_id')), mode: field('redis_mode') };
}
