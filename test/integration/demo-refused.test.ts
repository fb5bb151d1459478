import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DemoRig, demoRig, demoNow as now } from '../support/demo-system.ts';

const WHOLE_MS = 120_000;
const SECRET_VIEWER = 'a-viewer-of-this-test';

let rig: DemoRig;

beforeAll(async () => {
  rig = await demoRig();
});
afterEach(() => rig.clear());
afterAll(() => rig.stop());

describe('a demo is refused', () => {
  it.each([
    ['production', { GOV_MODE: 'production' }],
    ['dry_run', { GOV_MODE: 'dry_run' }],
  ])('in %s mode', { timeout: WHOLE_MS }, async (mode, env) => {
    const system = await rig.start({ env });
    const message = `expected the governor of quantum in testnet mode, got ${mode}: npm run demo -- --console plays it on a portfolio of its own`;
    expect(await now(system)).toMatchObject({ refused: message });
    expect(await system.ask('/demo', {})).toMatchObject({ status: 409, answer: { message } });
    expect(await rig.keys()).toEqual([]);
  });

  it('where something was decided, and where nobody knows', async () => {
    const system = await rig.start();
    const message =
      'expected an empty decision log of quantum, got decisions in it: npm run demo -- --console plays it on a portfolio of its own';
    const { client } = rig;
    const log = 'quantum:stream:decisions';
    const refusedFor = async (what: string) => {
      expect([what, await system.ask('/demo', {})]).toMatchObject([what, { status: 409, answer: { message } }]);
    };
    const idle = ['verdict', 'NO_BUDGETS', 'reason', 'no_active_symbols'];
    await client.xadd(log, '*', ...idle);
    expect(await now(system)).toMatchObject({ refused: '' });
    for (const decided of [
      ['verdict', 'PERMIT'],
      ['verdict', 'NO_BUDGETS', 'reason', 'portfolio_too_old'],
    ]) {
      await client.xadd(log, '*', ...decided);
      for (let more = 0; more < 150; more += 1) await client.xadd(log, '*', ...idle);
      await refusedFor(decided.join(' '));
      await client.del(log);
      expect(await now(system)).toMatchObject({ refused: '' });
    }
    await client.set(log, 'of another type');
    await refusedFor('a log of another type');
    await client.del(log);
    await client.xadd('quantum:stream:apply.plan', '*', 'plan_id', 'p');
    await client.xtrim('quantum:stream:apply.plan', 'MAXLEN', 0);
    await client.del(log);
    await refusedFor('a plan that is trimmed');
  });

  it('to whoever is no operator, and its record of another form is none', async () => {
    const system = await rig.start({}, { viewerToken: SECRET_VIEWER });
    const viewer = { authorization: `Bearer ${SECRET_VIEWER}` };
    expect(await system.ask('/demo', undefined, viewer)).toMatchObject({
      status: 403,
      answer: { message: 'expected an operator, got a viewer: sign in with ADMIN_TOKEN' },
    });
    expect((await system.ask('/demo', {}, viewer)).status).toBe(403);
    for (const text of ['{"run":', '{"state":"done"}', '7']) {
      await rig.client.set('quantum:portcullis:demo_run', text);
      expect(await now(system)).toMatchObject({ state: 'none', refused: '' });
    }
    await rig.client.del('quantum:portcullis:demo_run');
    await rig.client.lpush('quantum:portcullis:demo_run', 'x');
    expect(await now(system)).toMatchObject({ state: 'none', refused: '' });
  });
});
