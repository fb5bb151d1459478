import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { WITH_TOKEN } from '../../support/http.ts';
import { idsOf, LiveRig, upTo } from '../../support/live-rig.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';

const handlers = await loadHandlers();

let redis: TestRedis;
let rig: LiveRig;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  rig = await LiveRig.start(redis, handlers);
});
afterEach(() => rig.stop());

describe('the reader of a portfolio', () => {
  it('is one however many look, is there while somebody looks, and leaves nothing behind', async () => {
    const idle = await rig.connections();
    const watching = await Promise.all(Array.from({ length: 20 }, () => rig.look()));
    expect(await rig.connections()).toBe(idle + 1);
    const [id] = await rig.decide(1);
    await Promise.all(watching.map((one) => upTo(one, id)));
    for (const one of watching) one.cut();
    await until('the reader to leave', async () => (await rig.connections()) === idle);
  });

  it('after 1,000 streams that came and went there is no connection and no listener more', async () => {
    const idle = await rig.connections();
    const listeners = () => redis.client.eventNames().map((name) => redis.client.listenerCount(name));
    const before = listeners();
    for (let round = 0; round < 20; round += 1) {
      const some = Array.from({ length: 50 }, async (_, n) => {
        const watching = await rig.open();
        if (n % 2 === 0) await until('the first event', () => watching.events.length > 0);
        watching.cut();
        await watching.ended;
      });
      await Promise.all(some);
    }
    await until('the reader to leave', async () => (await rig.connections()) === idle);
    expect(listeners()).toEqual(before);
    expect((await rig.look()).response.status).toBe(200);
  });

  it('goes on after Redis was away', async () => {
    const watching = await rig.look();
    await redis.client.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    const ids = await rig.decide(3);
    await upTo(watching, ids.at(-1));
    expect(idsOf(watching.decisions())).toEqual(ids);
  });

  it('cuts who does not read what is sent, and keeps the others', async () => {
    const watching = await rig.look();
    const { port } = new URL(rig.served.base);
    const slow = connect(Number(port), '127.0.0.1');
    slow.write(`GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${WITH_TOKEN.authorization}\r\n\r\n`);
    await new Promise((resolve) => slow.once('readable', resolve));
    const closed = new Promise((resolve) => slow.once('close', resolve));
    slow.on('error', () => undefined);
    for (let burst = 0; burst < 16; burst += 1) {
      const ids = await rig.decide(50, { symbol: 'x'.repeat(20_000) });
      await upTo(watching, ids.at(-1));
    }
    slow.resume();
    await closed;
    expect(idsOf(watching.decisions())).toHaveLength(800);
    expect(watching.response.status).toBe(200);
  });

  it('at most 256 look at once; one more is asked to wait', async () => {
    const all = await Promise.all(Array.from({ length: 256 }, () => rig.open()));
    const one = await rig.look();
    expect(one.response.status).toBe(503);
    all[0]?.cut();
    await until('room for another', async () => (await rig.look()).response.status === 200);
  });
});
