import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { TestRedis } from './redis.ts';

const USERS = readFileSync(new URL('../../deploy/redis/users.acl', import.meta.url), 'utf8')
  .trim()
  .split('\n');

/** The names of the users. */
export const aclUserNames: readonly string[] = USERS.map((line) => line.split(' ')[1] ?? '');

/** The users of `deploy/redis/users.acl` on a test's Redis. */
export interface AclUsers {
  urlOf(user: string): string;
  /** A connection of that user; the same each time. */
  as(user: string): Redis;
  close(): void;
}

/** Makes the users known to a server. */
export async function setAclUsers(redis: TestRedis): Promise<AclUsers> {
  for (const line of USERS) {
    const [, name = '', ...rules] = line.split(/ (?![^(]*\))/);
    await redis.client.call('ACL', 'SETUSER', name, ...rules);
  }
  const urlOf = (user: string) => `redis://${user}:change-me-${user}@127.0.0.1:${redis.port}`;
  const connections = new Map<string, Redis>();
  const as = (user: string) => {
    const made = connections.get(user) ?? new Redis(urlOf(user), { enableReadyCheck: false });
    connections.set(user, made);
    return made;
  };
  const close = () => {
    for (const connection of connections.values()) connection.disconnect();
  };
  return { urlOf, as, close };
}
