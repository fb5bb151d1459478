import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clearLeftovers } from '../../runtime/desk/prove/leftovers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { setAclUsers } from '../support/acl-users.ts';
import {
  demoCome as come,
  type DemoRig,
  type DemoSystem,
  demoRig,
  demoNow as now,
  startDemoSystem,
} from '../support/demo-system.ts';
import { startRedis, until } from '../support/redis.ts';

const WHOLE_MS = 120_000;
const PREFIX = /^quantum:demo-[0-9a-f]{12}$/;

let rig: DemoRig;

beforeAll(async () => {
  rig = await demoRig();
});
afterEach(() => rig.clear());
afterAll(() => rig.stop());

async function gone(): Promise<void> {
  await until('nothing of a demo to be left', async () => (await rig.keys()).length === 0);
}

describe('a demo beside an empty system', () => {
  it('is begun, told of, looked at, read only, and deleted', { timeout: WHOLE_MS }, async () => {
    const system = await rig.start();
    const { ask } = system;
    expect(await now(system)).toMatchObject({ state: 'none', at: null, prefix: '', refused: '' });
    const metricsBefore = await demoFree(system);
    const recordedBefore = await rig.client.xlen('quantum:stream:ops.ledger');
    const { status, answer } = await ask('/demo', { actor: 'ann', reason: 'to see it' });
    expect([status, answer]).toMatchObject([
      200,
      { state: 'running', by: 'ann', reason: 'to see it', hours: 30, played: 0, says: '', report: '' },
    ]);
    const prefix = String(answer.prefix);
    expect(prefix).toMatch(PREFIX);
    expect(await ask('/demo', {})).toMatchObject({
      status: 409,
      answer: { message: `expected no other demo, got ${prefix}: stop or delete that one, or wait until it is gone` },
    });
    const some = await until('some hours to be told', async () => {
      const run = await now(system);
      return run.played > 0 ? run : undefined;
    });
    expect(some.simulated_at).toBeGreaterThan(Date.UTC(2021, 4, 1) / 1000 - 1);
    const done = await come(system, 'done');
    expect(done).toMatchObject({ played: 30, prefix, by: 'ann', refused: expect.stringContaining(prefix) });
    expect(done.until).toBeGreaterThan(Date.now() / 1000 + 3_000);
    expect(done.says).toMatch(/^30 hours were played\. Of \d+ exits \d+ would have been softened/);
    expect(done.report).toContain('Portcullis demo: May 2021, 12 symbols');
    await looksAt(system, prefix);
    await refusesChanges(system, prefix);
    expect(await rig.client.xlen('quantum:stream:decisions')).toBe(0);
    expect(await rig.client.xlen('quantum:stream:ops.ledger')).toBe(recordedBefore);
    expect(await demoFree(system)).toEqual(metricsBefore);
    expect((await ask('/demo/stop', { actor: 'ben' })).status).toBe(200);
    expect(await come(system, 'none')).toMatchObject({ prefix: '', report: '' });
    await gone();
    await until('it to be forgotten', async () => (await rig.client.exists('quantum:portcullis:demos')) === 0);
    expect(await ask('/demo/stop', {})).toMatchObject({
      status: 409,
      answer: { message: 'expected a demo that stands on quantum, got none' },
    });
    expect((await ask(`/overview?portfolio=${prefix}`)).status).toBe(400);
    expect(await now(system)).toMatchObject({ refused: '' });
  });
});

/** The lines of the metrics that count decisions of gates: none of the demo's may be there. */
async function demoFree({ runtime }: DemoSystem): Promise<readonly string[]> {
  const text = await runtime.metrics.exposition();
  expect(text).not.toContain('demo-');
  return text
    .split('\n')
    .filter((line) => /^(?:p26_(?:proposals|actions)|quantum_govern_(?:permits|blocks))/.test(line));
}

async function looksAt({ ask }: DemoSystem, prefix: string): Promise<void> {
  const there = `portfolio=${prefix}`;
  const overview = await ask(`/overview?${there}`);
  expect(overview).toMatchObject({ status: 200, answer: { portfolio: prefix } });
  expect((overview.answer.positions as unknown[]).length).toBeGreaterThan(0);
  expect(overview.answer.problems).toEqual([]);
  const looks = ['/status', '/budgets', '/risk', '/activity', '/activity/hours', '/heat/history', '/doctor', '/loss'];
  const further = ['/strategies', '/policies', '/policies/heat-gate', '/dead-letters', '/streams', '/ledger'];
  const more = ['/shadow?gate=heat-gate', '/activation?gate=heat-gate', '/gates'];
  for (const path of [...looks, ...further, ...more]) {
    const asked = `${path}${path.includes('?') ? '&' : '?'}${there}`;
    expect([path, (await ask(asked)).status]).toEqual([path, 200]);
  }
  const decisions = await ask(`/decisions?gate=governor&limit=1&${there}`);
  expect(decisions.status).toBe(200);
}

async function refusesChanges({ ask }: DemoSystem, prefix: string): Promise<void> {
  const refused = { status: 400, answer: { message: `portfolio: expected quantum, got "${prefix}"` } };
  for (const [path, body] of [
    ['/kill', { state: 'on', actor: 'x', reason: 'y' }],
    ['/mode', { gate: 'governor', mode: 'production', actor: 'x', reason: 'y' }],
    ['/demo', {}],
  ] as const)
    expect([path, await ask(`${path}?portfolio=${prefix}`, body)]).toMatchObject([path, refused]);
  expect(await rig.client.exists('quantum:kill', `${prefix}:kill`)).toBe(0);
}

describe('a demo that ends early', () => {
  it('is stopped, and another can be begun', { timeout: WHOLE_MS }, async () => {
    const system = await rig.start({ hours: 744 });
    expect((await system.ask('/demo', {})).status).toBe(200);
    await until('some hours to be told', async () => (await now(system)).played > 2);
    expect((await system.ask('/demo/stop', { actor: 'ben', reason: 'enough' })).status).toBe(200);
    expect(await come(system, 'stopped')).toMatchObject({ says: 'Stopped by ben: enough.', report: '' });
    await gone();
    await until('another to be possible', async () => (await now(system)).refused === '');
    expect((await system.ask('/demo', {})).status).toBe(200);
  });

  it('is deleted with the process that has it', { timeout: WHOLE_MS }, async () => {
    const [one, other] = [await rig.start({ hours: 744 }), await rig.start()];
    expect((await one.ask('/demo', {})).status).toBe(200);
    await until('some hours to be told', async () => (await now(one)).played > 2);
    await one.stop();
    expect(await now(other)).toMatchObject({
      state: 'stopped',
      says: 'The process that had it was stopped.',
      refused: '',
    });
    await gone();
  });

  it('is deleted by itself once its time is over', { timeout: WHOLE_MS }, async () => {
    const system = await rig.start({ keptSec: 1 });
    expect((await system.ask('/demo', {})).status).toBe(200);
    await until('it to be done', async () => (await now(system)).state !== 'running');
    await come(system, 'none');
    await gone();
  });

  it('says why where it cannot be played to its end, and leaves nothing', { timeout: WHOLE_MS }, async () => {
    const system = await rig.start({ hours: 744 });
    const { answer } = await system.ask('/demo', {});
    const heat = `${String(answer.prefix)}:state:heat`;
    await until('some hours to be told', async () => (await now(system)).played > 30);
    // Whoever takes the heat away takes the play's answer.
    await until('the play to miss its heat', async () => {
      await rig.client.del(heat);
      return (await now(system)).state !== 'running';
    });
    expect(await come(system, 'failed')).toMatchObject({ says: expect.stringMatching(/^expected the heat of 2021-/) });
    await gone();
  });
});

describe('a demo of another process', () => {
  it('is shown, not cleared, and stopped from here', { timeout: WHOLE_MS }, async () => {
    const [one, other] = [await rig.start(), await rig.start()];
    const { answer } = await one.ask('/demo', { actor: 'ann' });
    const prefix = String(answer.prefix);
    await come(other, 'done');
    const shown = await until('the other process to show it', async () => {
      const asked = await other.ask(`/overview?portfolio=${prefix}`);
      return asked.status === 200 ? asked.answer : undefined;
    });
    expect((shown.positions as unknown[]).length).toBeGreaterThan(0);
    expect(await other.ask('/demo', {})).toMatchObject({ status: 409 });
    expect(await clearLeftovers(rig.client, portfolioOf('quantum'))).toEqual([]);
    expect((await rig.keys()).length).toBeGreaterThan(50);
    expect((await other.ask('/demo/stop', {})).status).toBe(200);
    await come(one, 'none');
    await gone();
    expect((await other.ask(`/overview?portfolio=${prefix}`)).status).toBe(400);
  });

  it('is lost where that died, and deleted here; one that lives is left alone', { timeout: WHOLE_MS }, async () => {
    const { client } = rig;
    const [dead, live] = ['quantum:demo-00aa11bb22cc', 'quantum:demo-aabbccddeeff'];
    await client.mset(`${dead}:stream`, 'left', `${live}:stream`, 'live', 'other:demo-00aa11bb22cc:x', 'of another');
    await client.mset('quantum:demo-of-mine', 'of somebody', 'quantum:portcullis:demo_alive', live);
    await client.sadd('quantum:portcullis:demos', dead, live, 'quantum:stream', 'other:demo-00aa11bb22cc');
    const run = { state: 'running', by: 'ann', reason: '', at: 1, prefix: dead, played: 1, hours: 2, simulated_at: 1 };
    await client.set('quantum:portcullis:demo_run', JSON.stringify({ ...run, until: null, says: '', report: '' }));
    const system = await rig.start();
    expect(await now(system)).toMatchObject({ state: 'lost', refused: expect.stringContaining(live) });
    await until('it to be deleted', async () => (await client.exists(`${dead}:stream`)) === 0);
    const kept = [`${live}:stream`, 'other:demo-00aa11bb22cc:x', 'quantum:demo-of-mine'];
    expect(await client.mget(kept)).toEqual(['live', 'of another', 'of somebody']);
  });
});

it('needs no more rights in Redis than the user of a worker has', { timeout: WHOLE_MS }, async () => {
  const limited = await startRedis();
  const users = await setAclUsers(limited);
  const own = { url: users.urlOf('portcullis') };
  const [one, other] = [await startDemoSystem(own), await startDemoSystem(own)];
  const { answer } = await one.ask('/demo', {});
  await come(other, 'done');
  const asked = `/overview?portfolio=${String(answer.prefix)}`;
  await until('the other to show it', async () => (await other.ask(asked)).status === 200);
  expect((await other.ask('/demo/stop', {})).status).toBe(200);
  await come(one, 'none');
  for (const system of [one, other]) await system.stop();
  const left = async () => (await limited.client.keys('*')).filter((key) => /:demo-|demos|demo_alive/.test(key));
  expect(await left()).toEqual([]);
  expect(await limited.client.call('ACL', 'LOG')).toEqual([]);
  users.close();
  await limited.stop();
});
