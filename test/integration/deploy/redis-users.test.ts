import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PortcullisClient } from '../../../runtime/doors/client/index.ts';
import { type AclUsers, setAclUsers } from '../../support/acl-users.ts';
import { runCli } from '../../support/cli.ts';
import { startProvable } from '../../support/provable.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import type { TestSystem } from '../../support/system.ts';

const PROPOSAL = ['plan_id', 'p1', 'symbol', 'ETHUSDT', 'action', 'FULL_CLOSE'];
const PLAN = ['plan_id', 'p1', 'symbol', 'ETHUSDT', 'action', 'FULL_CLOSE', 'decision', 'EXECUTE', 'qty', '1'];

let redis: TestRedis;
let users: AclUsers;
let system: TestSystem;

async function call(user: string, [name = '', ...args]: readonly string[]): Promise<unknown> {
  return await users.as(user).call(name, ...args);
}

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

describe('the users of deploy/redis/users.acl', () => {
  it('can do their work, and nothing of it is denied', async () => {
    const now = String(Math.floor(Date.now() / 1000));
    await call('feed', ['HSET', 'quantum:state:portfolio', 'equity_usd', '10000', 'timestamp', now]);
    const snapshot = ['symbol', 'ETHUSDT', 'side', 'LONG', 'position_qty', '1'];
    const sizes = ['position_notional_usd', '1800', 'sigma', '0.15'];
    await call('feed', ['XADD', 'quantum:stream:position.snapshot', '*', ...snapshot, ...sizes]);
    await call('strategy', ['XADD', 'quantum:stream:harvest.proposal', '*', ...PROPOSAL]);
    const stage = ['XRANGE', 'quantum:stream:harvest.calibrated', '-', '+'];
    await until('the calibrated exit', async () => ((await call('strategy', stage)) as unknown[]).length === 1);
    await call('strategy', ['XADD', 'quantum:stream:apply.plan', '*', ...PLAN]);
    await until('the permit', async () => await call('executor', ['GETDEL', 'quantum:permit:p1']));
    await call('executor', ['XADD', 'quantum:stream:apply.result', '*', 'plan_id', 'p1', 'symbol', 'ETHUSDT']);
    const replies = users.as('trader').duplicate();
    const asking = new PortcullisClient(users.as('trader'), { replies });
    const ask = { plan_id: 'p2', symbol: 'ETHUSDT', action: 'FULL_CLOSE', qty: 1 } as const;
    expect(await asking.askPermit(ask, { timeoutMs: 10_000 })).toMatchObject({ granted: true });
    await asking.result({ plan_id: 'p2', symbol: 'ETHUSDT', executed: false });
    replies.disconnect();
    for (const words of [
      ['status'],
      ['doctor'],
      ['kill', 'on'],
      ['kill', 'off', '--reason', 'tried', '--yes'],
      ['mode', 'heat-gate', 'enforce', '--reason', 'tried', '--yes'],
      ['policy', 'show'],
      ['explain', 'p1'],
      ['ledger', '--verify'],
    ]) {
      const { code, err } = await runCli(users.urlOf('portcullis'), words);
      expect([words.join(' '), code > 1 ? err : '']).toEqual([words.join(' '), '']);
    }
    for (const words of [['verify'], ['export', '--seal'], ['ledger', '--verify']]) {
      expect(await runCli(users.urlOf('monitor'), words)).toMatchObject({ code: 0 });
    }
    expect(await call('monitor', ['HGET', 'quantum:state:portfolio', 'equity_usd'])).toBe('10000');
    expect(await call('panic', ['SET', 'quantum:kill', '1'])).toBe('OK');
    expect(await redis.client.call('ACL', 'LOG')).toEqual([]);
  });

  it.each([
    ['a strategy gives itself a permit', 'strategy', ['SET', 'quantum:permit:p9', '{"granted":true}']],
    ['a strategy takes a permit', 'strategy', ['GETDEL', 'quantum:permit:p9']],
    ['a strategy writes a calibrated exit', 'strategy', ['XADD', 'quantum:stream:harvest.calibrated', '*', 'a', 'b']],
    ['a strategy raises its budget', 'strategy', ['HSET', 'quantum:portfolio:budget:BTCUSDT', 'budget_usd', '1']],
    ['a strategy turns the kill switch off', 'strategy', ['SET', 'quantum:kill', '0']],
    ['a strategy deletes the decision log', 'strategy', ['DEL', 'quantum:stream:decisions']],
    ["a trader reads another strategy's mailbox", 'trader', ['BLPOP', 'quantum:reply:another:one', '1']],
    ['a trader answers an ask', 'trader', ['RPUSH', 'quantum:reply:default:one', '{"granted":true}']],
    ['an executor gives itself a permit', 'executor', ['SET', 'quantum:permit:p9', '{"granted":true}']],
    [
      "an executor takes plans away in the governor's group",
      'executor',
      ['XREADGROUP', 'GROUP', 'governor', 'evil', 'NOACK', 'STREAMS', 'quantum:stream:apply.plan', '>'],
    ],
    ['an executor acknowledges a plan', 'executor', ['XACK', 'quantum:stream:apply.plan', 'governor', '1-1']],
    ['an executor writes a plan', 'executor', ['XADD', 'quantum:stream:apply.plan', '*', 'plan_id', 'p9']],
    ['an executor writes a calibrated exit', 'executor', ['XADD', 'quantum:stream:harvest.calibrated', '*', 'a', 'b']],
    ['a feed turns the kill switch off', 'feed', ['SET', 'quantum:kill', '0']],
    ['a feed changes a policy', 'feed', ['HSET', 'quantum:policy:governor', 'mode', 'testnet']],
    ['a monitor writes', 'monitor', ['HSET', 'quantum:state:portfolio', 'equity_usd', '1']],
    ['a monitor turns the kill switch off', 'monitor', ['SET', 'quantum:kill', '0']],
    ['whoever may only kill looks around', 'panic', ['GET', 'quantum:kill']],
    ['the gates leave their portfolio', 'portcullis', ['SET', 'other:kill', '1']],
    ['the gates empty the server', 'portcullis', ['FLUSHALL']],
    ['the gates change the server', 'portcullis', ['CONFIG', 'SET', 'maxmemory', '1']],
  ])('refuse when %s', async (_what, user, command) => {
    await expect(call(user, command)).rejects.toThrow(/NOPERM|No permissions/);
  });

  it('let a monitor ask what a gate would say, and why a plan ended as it did, without a write', async () => {
    const url = users.urlOf('monitor');
    const question = ['symbol=ETHUSDT', 'action=FULL_CLOSE', '--gate', 'heat-gate'];
    for (const words of [
      ['explain', 'p1'],
      ['evaluate', ...question],
    ]) {
      const { code, err } = await runCli(url, words);
      expect({ words, code, err }).toEqual({ words, code: 0, err: '' });
    }
    const stationsFor = async (user: string) => {
      const { out } = await runCli(user, ['explain', 'p1', '--json']);
      const { steps } = JSON.parse(out) as { steps: readonly Readonly<Record<string, unknown>>[] };
      return steps.map(({ left_sec: _, ...station }) => station);
    };
    expect(await stationsFor(url)).toEqual(await stationsFor(users.urlOf('portcullis')));
    const write = ['EVAL_RO', "return redis.call('SET', KEYS[1], '1')", '1', 'quantum:kill'];
    await expect(call('monitor', write)).rejects.toThrow(/[Ww]rite commands are not allowed|NOPERM|can't run/);
    const other = ['EVAL_RO', "return redis.call('GET', KEYS[1])", '1', 'other:kill'];
    await expect(call('monitor', other)).rejects.toThrow(/NOPERM|No permissions/);
  });

  it('say what is missing where a user may run no script at all', async () => {
    await redis.client.call('ACL', 'SETUSER', 'monitor', '-eval_ro');
    try {
      const { code, err } = await runCli(users.urlOf('monitor'), ['explain', 'p1']);
      expect(code).toBe(69);
      expect(err).toContain('expected a Redis user who may run scripts that only read (+eval_ro, as monitor');
    } finally {
      await redis.client.call('ACL', 'SETUSER', 'monitor', '+eval_ro');
    }
  });

  it('let an executor follow the plans without a group', async () => {
    expect(await call('executor', ['XRANGE', 'quantum:stream:apply.plan', '-', '+'])).toHaveLength(2);
    expect(await call('executor', ['XREAD', 'STREAMS', 'quantum:stream:apply.plan', '0'])).toHaveLength(1);
  });

  it('know nobody without a password', async () => {
    const stranger = new Redis(redis.port, '127.0.0.1', { enableReadyCheck: false, retryStrategy: () => null });
    stranger.on('error', () => undefined);
    await expect(stranger.get('quantum:kill')).rejects.toThrow(/NOAUTH/);
    stranger.disconnect();
  });
});
