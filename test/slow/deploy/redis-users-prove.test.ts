import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AclUsers, setAclUsers } from '../../support/acl-users.ts';
import { runCli } from '../../support/cli.ts';
import { startProvable } from '../../support/provable.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import type { TestSystem } from '../../support/system.ts';

let redis: TestRedis;
let users: AclUsers;
let system: TestSystem;

beforeAll(async () => {
  redis = await startRedis();
  users = await setAclUsers(redis);
  system = await startProvable({ url: users.urlOf('portcullis') });
});

afterAll(async () => {
  await system.stop();
  users.close();
  await redis.stop();
});

it('the users of deploy/redis/users.acl let the running system prove itself, a killed worker included', {
  timeout: 240_000,
}, async () => {
  const { code, out, err } = await runCli(users.urlOf('portcullis'), ['prove', '--destructive']);
  const notPassed = out.split('\n').filter((line) => /^ +(?:FAIL|SKIP)/.test(line));
  expect([err, notPassed, code]).toEqual(['', [], 0]);
  expect(await redis.client.call('ACL', 'LOG')).toEqual([]);
});
