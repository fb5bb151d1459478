import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isScript, luaFiles, sentText } from '../support/lua-files.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const scripts = luaFiles().filter(isScript);

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

test.each(scripts.map((file) => [file.path, sentText(file)]))('Redis takes %s', async (_path, text) => {
  const digest = createHash('sha1').update(text).digest('hex');
  expect(await redis.client.script('LOAD', text)).toBe(digest);
});
