import { expect, test } from 'vitest';
import { fieldsOf } from '../../schemas/wire.ts';
import { runCli } from '../support/cli.ts';
import { startRedis } from '../support/redis.ts';
import { startSystem } from '../support/system.ts';

test('limits or a version that nobody put into the ledger are found, in the middle and at the end', async () => {
  const redis = await startRedis();
  const system = await startSystem(redis);
  await system.stop();
  const verify = () => runCli(redis.url, ['ledger', '--verify']);
  const key = 'quantum:policy:heat-gate';
  const history = 'quantum:stream:policy.history:heat-gate';
  const set = (max: string) =>
    runCli(redis.url, ['policy', 'set', `HEAT_MAX=${max}`, '--gate', 'heat-gate', '--reason', 'a test', '--yes']);
  expect(await set('0.6')).toMatchObject({ code: 0 });
  expect((await verify()).code).toBe(0);
  const past = async (settings: string, version: string) => {
    const [newest] = await redis.client.xrevrange(history, '+', '-', 'COUNT', 1);
    const told = { ...fieldsOf(newest?.[1] ?? []), settings, version };
    await redis.client.xadd(history, '*', ...Object.entries(told).flat());
    await redis.client.hset(key, { settings, version });
  };
  const version = (await redis.client.hget(key, 'version')) ?? '';
  await past('{"HEAT_MAX":"0.9"}', version);
  expect((await verify()).out).toMatch(
    /heat-gate is with limits \w+, and entry \d+ put it with limits \w+: it was changed/,
  );
  await past('{"HEAT_MAX":"0.6"}', 'another');
  expect((await verify()).out).toMatch(/heat-gate is at version another, and entry \d+ put it at version/);
  expect(await set('0.7')).toMatchObject({ code: 0 });
  expect((await verify()).out).toMatch(/says that heat-gate was at version another before it, and entry \d+/);
  await redis.stop();
});
