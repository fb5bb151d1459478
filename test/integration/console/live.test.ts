import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { LedgerRow } from '../../../schemas/api/ledger.ts';
import { serveConsole, watch } from '../../support/console.ts';
import { WITH_TOKEN } from '../../support/http.ts';
import { countOf, expectChain, idsOf, LiveRig, upTo } from '../../support/live-rig.ts';
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

describe('the live stream', () => {
  it('begins with where it begins, and tells every decision from there on', async () => {
    const [before] = (await rig.decide(3)).slice(-1);
    const watching = await rig.look();
    expect(watching.decisions()).toEqual([
      { from: before, to: before, count: 0, counts: [], entries: [], sampled: false },
    ]);
    const ids = await rig.decide(7);
    await upTo(watching, ids.at(-1));
    expect(idsOf(watching.decisions())).toEqual(ids);
    expectChain(watching.decisions());
    expect(watching.decisions().at(-1)).toMatchObject({
      counts: [
        { gate: 'governor', verdict: 'BLOCK', count: 3 },
        { gate: 'governor', verdict: 'PERMIT', count: 4 },
      ],
      entries: expect.arrayContaining([expect.objectContaining({ gate: 'governor', symbol: 'S0', reason: 'CAP' })]),
    });
  });

  it('is an event stream that nothing on its way may keep or change', async () => {
    const { response } = await rig.look();
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  it('tells every change as it goes to the ops ledger', async () => {
    const watching = await rig.look();
    const headers = { ...WITH_TOKEN, 'content-type': 'application/json' };
    await rig.served.ask('/v1/kill', { method: 'POST', headers, body: '{"state":"on","actor":"ann"}' });
    const { data, id } = await until('the change', () => watching.events.find(({ event }) => event === 'ledger'));
    expect(LedgerRow.parse(data)).toMatchObject({ action: 'kill_on', actor: 'ann', before: 'off', after: 'on' });
    expect(id).toBeUndefined();
  });

  it.each([
    ['quantum:stream:ops.ledger', 'decisions'],
    ['quantum:stream:decisions', 'ledger'],
  ])('with %s of another type still tells %s', async (key, told) => {
    await redis.client.set(key, 'not a stream');
    const watching = await rig.look();
    const before = watching.events.filter(({ event }) => event === told).length;
    if (told === 'decisions') await rig.decide(1);
    const headers = { ...WITH_TOKEN, 'content-type': 'application/json' };
    await rig.served.ask('/v1/kill', { method: 'POST', headers, body: '{"state":"on","actor":"ann"}' });
    await until(`${told}`, () => watching.events.filter(({ event }) => event === told).length > before);
  });

  it('counts a burst of 2,000 truly, and shows some of it', async () => {
    const watching = await rig.look();
    const began = performance.now();
    const ids = await rig.decide(2_000);
    await upTo(watching, ids.at(-1));
    const events = watching.decisions();
    expect(countOf(events)).toBe(2_000);
    expectChain(events);
    expect(events.length).toBeLessThanOrEqual(2 + Math.ceil((performance.now() - began) / 250));
    expect(events.some(({ sampled }) => sampled)).toBe(true);
    const byVerdict = events.flatMap(({ counts }) => counts).filter(({ verdict }) => verdict === 'BLOCK');
    expect(byVerdict.reduce((sum, { count }) => sum + count, 0)).toBe(667);
  });

  it('is of the portfolio that is named', async () => {
    await rig.served.http.close();
    rig.served = await serveConsole(
      redis,
      {},
      { handlers, portfolios: [portfolioOf('quantum'), portfolioOf('{fund-a}')] },
    );
    const [first, second] = [await rig.look(), await rig.look({}, '?portfolio=%7Bfund-a%7D')];
    const id = await redis.client.xadd('{fund-a}:stream:decisions', '*', 'handler', 'governor');
    await upTo(second, String(id));
    expect(countOf(first.decisions())).toBe(0);
    expect((await rig.look({}, '?portfolio=nobody')).response.status).toBe(400);
  });
});

describe('a stream ends', () => {
  it('for whoever may not look it never begins', async () => {
    expect((await watch(rig.served.base, {})).response.status).toBe(401);
  });

  it('at once when the process stops, and none begins after that', async () => {
    const watching = await rig.look();
    rig.served.http.endStreams();
    expect(await watching.ended).toBe('ended');
    expect((await rig.look()).response.status).toBe(503);
  });

  it('and does not keep the process from closing', async () => {
    const watching = await rig.look();
    await rig.served.http.close();
    expect(await watching.ended).toBe('ended');
    rig.served = await serveConsole(redis, {}, { handlers });
  });
});
