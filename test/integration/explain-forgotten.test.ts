import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Explanation } from '../../runtime/desk/explain/explanation.ts';
import { explainPlan } from '../../runtime/desk/explain/index.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runCli } from '../support/cli.ts';
import { GovernorRig } from '../support/governor-rig.ts';

const LOG = 'quantum:stream:decisions';
const handlers = await loadHandlers();

let rig: GovernorRig;
beforeAll(async () => {
  rig = await GovernorRig.start();
});
afterAll(async () => rig.stop());

async function explained(planId: string): Promise<Explanation> {
  return await explainPlan(rig.client, portfolioOf('quantum'), handlers, planId, { withinMs: 60_000 });
}

test('a plan is waiting until it is read, and forgotten once its decision was trimmed, never "not judged yet"', async () => {
  await rig.send('early', { symbol: 'BIGUSDT', qty: '3' });
  expect(await explained('early')).toMatchObject({ end: 'undecided', steps: [{ reading: 'waiting' }] });
  await rig.worker();
  expect(await rig.verdict('early')).toBe('notional_per_trade_exceeded');
  for (const plan of ['p1', 'p2', 'p3']) {
    await rig.send(plan, { symbol: 'BIGUSDT', qty: '3' });
    await rig.verdict(plan);
  }
  await rig.client.xtrim(LOG, 'MAXLEN', 2);

  const explanation = await explained('early');
  expect(explanation).toMatchObject({ end: 'forgotten', steps: [{ step: 'undecided', reading: 'finished' }] });
  expect(explanation.summary).toContain('no longer tells how. Its keys still say that it was blocked');
  expect(explanation.summary).toContain('(quantum:governor:block:early)');
  expect(explanation.standing).toEqual(['quantum:governor:block:early']);
  expect(explanation.searched[0]).toMatchObject({ stream: LOG, entries: 2 });
  const { out } = await runCli(rig.redis.url, ['explain', 'early']);
  expect(out).toContain('Its gate is finished with it.');
  expect(out).toContain('Looked at 2 decisions, back to');
  expect(out).not.toMatch(/judged yet/);

  await rig.client.del(LOG);
  const [log] = (await explained('early')).searched;
  expect(log).toMatchObject({ entries: 0, back_to: null });
});

test('a plan that somebody has read and not acknowledged is in hand; one that another group alone could tell of is unknown', async () => {
  const own = rig.client.duplicate();
  try {
    await own.xadd('other:stream:apply.plan', '1-0', 'plan_id', 'q1');
    const portfolio = portfolioOf('other');
    const end = async () => await explainPlan(own, portfolio, handlers, 'q1', { withinMs: 60_000 });
    await own.xgroup('CREATE', 'other:stream:apply.plan', 'somebody', '0');
    expect(await end()).toMatchObject({ end: 'undecided', steps: [{ reading: 'unknown' }] });
    await own.xgroup('CREATE', 'other:stream:apply.plan', 'governor', '0');
    await own.xreadgroup('GROUP', 'governor', 'w', 'COUNT', 1, 'STREAMS', 'other:stream:apply.plan', '>');
    expect(await end()).toMatchObject({ end: 'undecided', steps: [{ reading: 'in_hand' }] });
    await own.xack('other:stream:apply.plan', 'governor', '1-0');
    expect(await end()).toMatchObject({ end: 'forgotten', steps: [{ reading: 'finished' }] });
  } finally {
    own.disconnect();
  }
});
