import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type AnyHandler, defineHandler, stream } from '../../../handlers/contract/handler.ts';
import { text } from '../../../handlers/contract/reads.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { echoGate } from '../../support/gates.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { entriesOf, startSystem, type TestSystem } from '../../support/system.ts';

const FUNDS = Array.from({ length: 30 }, (_, at) => `fund-${String(at).padStart(2, '0')}`);
const BROKEN = 'fund-07';
const LIMITED = { username: 'limited', password: 'limited-password' };

let redis: TestRedis;
const systems: TestSystem[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterEach(async () => {
  await Promise.all(systems.splice(0).map((system) => system.stop()));
});
afterAll(() => redis.stop());

async function start(handlers: readonly AnyHandler[], url = redis.url, workerName = 'w1'): Promise<TestSystem> {
  const portfolios = FUNDS.map((fund) => portfolioOf(fund));
  const system = await startSystem({ url }, { handlers, portfolios, workerName });
  systems.push(system);
  return system;
}

async function feedAll(gate: string): Promise<void> {
  for (const fund of FUNDS) await redis.client.xadd(`${fund}:stream:${gate}.in`, '*', 'n', fund);
}

function out(fund: string, gate: string) {
  return entriesOf(redis.client, `${fund}:stream:${gate}.out`);
}

async function expectNothingBegun(): Promise<void> {
  expect(await redis.client.keys('*:stream:echo.out')).toEqual([]);
  expect(await redis.client.keys('*:portcullis:lease:*')).toEqual([]);
  expect(await redis.client.keys('*:portcullis:worker:*')).toEqual([]);
  for (const fund of FUNDS.filter((one) => one !== BROKEN)) {
    const [pending] = (await redis.client.xpending(`${fund}:stream:echo.in`, 'echo')) as [number];
    expect(pending, fund).toBe(0);
  }
}

async function expectJudgedOnce(): Promise<void> {
  for (const fund of FUNDS) {
    await until(`the entry of ${fund}`, async () => (await out(fund, 'echo')).length > 0);
    expect((await out(fund, 'echo')).map(({ fields }) => fields.n)).toEqual([fund]);
  }
}

test('a portfolio with a key in the way ends the start before any other has read, and the next start judges what waits', async () => {
  await feedAll('echo');
  await redis.client.rename(`${BROKEN}:stream:echo.in`, 'aside');
  await redis.client.set(`${BROKEN}:stream:echo.in`, 'in the way');
  await expect(start([echoGate()])).rejects.toThrow(`expected a stream at ${BROKEN}:stream:echo.in, found a string`);
  await expectNothingBegun();
  await redis.client.rename('aside', `${BROKEN}:stream:echo.in`);
  await start([echoGate()]);
  await expectJudgedOnce();
});

test('so does one that Redis refuses', async () => {
  const rights = ['on', `>${LIMITED.password}`, '+@all', ...FUNDS.map((fund) => `~${fund}:*`)];
  const allowed = rights.filter((right) => right !== `~${BROKEN}:*`);
  await redis.client.call('ACL', 'SETUSER', LIMITED.username, 'reset', ...allowed, '&*');
  await feedAll('echo');
  const url = `redis://${LIMITED.username}:${LIMITED.password}@127.0.0.1:${redis.port}`;
  await expect(start([echoGate()], url)).rejects.toThrow(/NOPERM/);
  await expectNothingBegun();
  await redis.client.call('ACL', 'SETUSER', LIMITED.username, `~${BROKEN}:*`);
  await start([echoGate()], url);
  await expectJudgedOnce();
});

test('a kill switch that is turned on while a process prepares holds for all that waits, on every portfolio', async () => {
  let turned: Promise<unknown> | undefined;
  const turnOn = () => {
    turned ??= redis.client.mset(FUNDS.flatMap((fund) => [`${fund}:kill`, 'true']));
  };
  await feedAll('heedful');
  await start([heedfulGate(turnOn)]);
  await turned;
  for (const fund of FUNDS) {
    await until(`the entry of ${fund}`, async () => (await out(fund, 'heedful')).length > 0);
    expect((await out(fund, 'heedful')).map(({ fields }) => fields.kill)).toEqual(['true']);
  }
});

test('a second process that starts beside the first takes nothing from it', async () => {
  await start([echoGate()]);
  await start([echoGate()], redis.url, 'w2');
  await feedAll('echo');
  await expectJudgedOnce();
  const holders = await redis.client.mget(FUNDS.map((fund) => `${fund}:portcullis:lease:echo`));
  expect(new Set(holders)).toEqual(new Set(['w1']));
});

/** Says what it read of the kill switch; `observed` is called as its gauges are set first, before lanes begin. */
function heedfulGate(observed: () => void): AnyHandler {
  const reads = () => ({ kill: text('kill', true) });
  return defineHandler<{ n: string }, object, ReturnType<typeof reads>>({
    name: 'heedful',
    gate: 'heedful',
    summary: 'Says whether the kill switch is on.',
    on: stream('heedful.in', { group: 'heedful' }),
    message: z.object({ n: z.string() }),
    settings: z.object({}),
    settingNames: [],
    heedsSwitches: true,
    metrics: [],
    observe: {
      reads: () => ({}),
      gauges: () => {
        observed();
        return [];
      },
    },
    reads,
    handle: ({ n }, { facts }) => ({
      effects: [{ do: 'emit', stream: 'heedful.out', fields: { n, kill: facts.kill.text ?? '' } }],
    }),
    onFailure: () => ({ effects: [] }),
  });
}
