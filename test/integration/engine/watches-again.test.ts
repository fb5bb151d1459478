import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, test } from 'vitest';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { foreignPolicyMetric } from '../../../runtime/engine/policy/foreign.ts';
import { ModeWatch } from '../../../runtime/engine/policy/mode-watch.ts';
import { SwitchWatch, VANISHED } from '../../../runtime/engine/policy/switch-watch.ts';
import { Metrics, RUNTIME } from '../../../runtime/engine/status/metrics.ts';
import { Looks } from '../../../runtime/redis/looks.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { entriesOf, startSystem } from '../../support/system.ts';

const portfolio = portfolioOf('quantum');
const handlers = await loadHandlers();
const LIMITED = { username: 'limited', password: 'limited-password' };
const LEDGER = 'quantum:stream:ops.ledger';

let redis: TestRedis;
/** What is seen is written over this connection, whose user may touch no key until he is let. */
let limited: Redis;
const endings: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  await redis.client.flushall();
  await redis.client.call('ACL', 'SETUSER', LIMITED.username, 'reset', 'on', `>${LIMITED.password}`, '+@all', '&*');
  limited = new Redis({ host: '127.0.0.1', port: redis.port, ...LIMITED });
});
afterEach(async () => {
  await Promise.all(endings.splice(0).map((end) => end()));
  limited.disconnect();
});
afterAll(() => redis.stop());

function deps() {
  const metrics = new Metrics(['quantum']);
  metrics.declare(RUNTIME, [VANISHED, foreignPolicyMetric(handlers)]);
  const looks = new Looks(redis.client);
  return { redis: limited, looks, portfolio, metrics, log: pino({ level: 'silent' }) };
}

/** Resolves once reports were refused twice: what was seen did not change between them. */
async function refusedTwice(): Promise<void> {
  const refused = async () => {
    const log = (await redis.client.call('ACL', 'LOG')) as readonly (readonly unknown[])[];
    return log.reduce((sum, entry) => sum + Number(entry[1]), 0);
  };
  await until('two refusals', async () => (await refused()) >= 2);
}

async function actions(): Promise<(string | undefined)[]> {
  return (await entriesOf(redis.client, LEDGER)).map(({ fields }) => fields.action);
}

test('a kill switch that is gone is reported once it may be, though nothing changes any more', async () => {
  await redis.client.set('quantum:kill', '1');
  const watch = new SwitchWatch(deps());
  endings.push(() => watch.stop());
  await watch.look();
  await redis.client.del('quantum:kill');
  await redis.client.call('ACL', 'LOG', 'RESET');
  watch.start();
  await refusedTwice();
  await redis.client.call('ACL', 'SETUSER', LIMITED.username, '~*');
  await until('the report', async () => (await actions()).includes('kill_off'));
});

test('a mode written past Portcullis is reported once it may be, though nothing changes any more', async () => {
  const system = await startSystem(redis);
  await system.stop();
  await redis.client.hset('quantum:policy:heat-gate', 'mode', 'enforce');
  await redis.client.call('ACL', 'LOG', 'RESET');
  const watch = new ModeWatch({ ...deps(), handlers, initialOf: () => 'shadow', onChange: async () => undefined });
  endings.push(() => watch.stop());
  watch.start();
  await refusedTwice();
  await redis.client.call('ACL', 'SETUSER', LIMITED.username, '~*');
  await until('the report', async () => (await actions()).includes('policy_foreign_held'));
});
