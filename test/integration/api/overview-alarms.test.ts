import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activate, WATCH_MS } from '../../../runtime/desk/activation/activate.ts';
import { activationProblems } from '../../../runtime/desk/overview/activation-problems.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { lanesOf } from '../../../runtime/engine/streams/lanes.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { watchConditions } from '../../../schemas/activation.ts';
import type { Problem } from '../../../schemas/api/overview.ts';
import { DAY_MS } from '../../../schemas/duration.ts';
import { until } from '../../support/redis.ts';
import { ServedRig } from '../../support/served.ts';

let rig: ServedRig;

beforeAll(async () => {
  rig = await ServedRig.start({ P26_MODE: 'shadow' });
  await rig.account();
  await rig.position('ETHUSDT', 1, 1800, '0.15');
});
afterAll(() => rig.stop());

async function problems(): Promise<readonly Problem[]> {
  const { body } = await rig.get('/overview');
  return (body as unknown as { problems: readonly Problem[] }).problems;
}

/** The problem that says this, once it is seen: what asks more of Redis is looked at every five seconds. */
async function problem(says: string): Promise<Problem> {
  let found: Problem | undefined;
  await until(`the problem "${says}"`, async () => {
    found = (await problems()).find(({ what }) => what.includes(says));
    return found !== undefined;
  });
  if (found === undefined) throw new Error(`expected a problem that says ${says}, got none`);
  return found;
}

describe('among the problems of the overview', () => {
  it('is an activation under watch, and then that it put itself back', async () => {
    expect((await problems()).filter(({ what }) => what.includes('heat-gate is in'))).toEqual([]);
    const { portfolio } = rig.system;
    const change = { actor: 'ann', reason: 'to see it' };
    const handlers = await loadHandlers();
    const gates = { handlers, lanes: lanesOf(handlers, portfolio) };
    await activate(rig.client, portfolio, gates, 'heat-gate', { force: true, watchMs: WATCH_MS, change });
    expect(await problem('heat-gate is in enforce under watch until')).toMatchObject({
      severity: 'warning',
      what: expect.stringMatching(/until \d{4}-\d\d-\d\d \d\d:\d\d UTC: every condition holds$/),
      do: expect.stringContaining('portcullis rollback heat-gate'),
      since: expect.any(Number),
    });
    await rig.add('harvest.proposal', { plan_id: 'broken' });
    expect(await problem('heat-gate put itself back')).toMatchObject({
      severity: 'critical',
      what: 'heat-gate put itself back from enforce into shadow: dead letters: 1, at most 0',
      do: expect.stringContaining('portcullis activate heat-gate --check'),
      since: expect.any(Number),
    });
  });

  it('are positions that were set aside', async () => {
    await rig.add('position.snapshot', { side: 'LONG' });
    expect(await problem('stream position.snapshot')).toEqual({
      key: 'stream position.snapshot',
      severity: 'warning',
      what: 'stream position.snapshot: 1 dead letters: positions that could not be understood',
      do: 'portcullis dlq list position.snapshot',
      since: null,
      says: '1 message of position.snapshot could not be understood',
    });
  });

  it('are executions without a permit and exits that were not softened, for a day', async () => {
    const nowMs = (await rig.now()) * 1000;
    await rig.client.hset('quantum:governor:effect_proof', {
      since_ms: '0',
      executed_without_permit: '2',
      executed_without_permit_last_ms: String(nowMs - DAY_MS + 600_000),
      executed_without_permit_last_plan: 'stray',
      calibrated_not_used: '1',
      calibrated_not_used_last_ms: String(nowMs - DAY_MS - 1_000),
      calibrated_not_used_last_plan: 'long-ago',
    });
    expect(await problem('executions')).toEqual({
      key: 'executions',
      severity: 'critical',
      what: 'executions: 0 with a permit, 2 without, the last of plan stray',
      do: 'portcullis explain stray; the executor must not trade without the permit of a plan.',
      since: (nowMs - DAY_MS + 600_000) / 1000,
      says: '2 orders executed without a permit',
      plan: 'stray',
    });
    expect((await problems()).filter(({ what }) => what.includes('long-ago'))).toEqual([]);
  });
});

describe('the activations of a portfolio', () => {
  const portfolio = portfolioOf('aside');

  async function activation(fields: Readonly<Record<string, number | string>>): Promise<readonly Problem[]> {
    const nowMs = (await rig.now()) * 1000;
    await rig.client.hset('aside:portcullis:activation:governor', {
      ...{ id: 'a', state: 'watching', from: 'testnet', to: 'production', actor: 'ann', reason: 'x', forced: '' },
      ...{ started_ms: nowMs, until_ms: nowMs + 1, looked_ms: nowMs, decisions: 0, ended_ms: '', outcome: '' },
      ...{ conditions: JSON.stringify(watchConditions), changed_share: 0 },
      ...fields,
    });
    return await activationProblems(rig.client, portfolio, await loadHandlers());
  }

  it('want to be looked at by a worker while they are under watch', async () => {
    expect(await activation({ looked_ms: (await rig.now()) * 1000 - 6_000 })).toMatchObject([
      { severity: 'critical', what: expect.stringContaining('nobody looks'), do: expect.stringContaining('start') },
    ]);
  });

  it.each([
    ['rolled_back', 60_000 - DAY_MS, 1],
    ['rolled_back', -DAY_MS - 1_000, 0],
    ['kept', -1_000, 0],
    ['ended', -1_000, 0],
  ])('%s %d ms from now are %d problems', async (state, ms, told) => {
    const ended_ms = (await rig.now()) * 1000 + ms;
    expect(await activation({ state, ended_ms, outcome: 'errors: 1, at most 0' })).toHaveLength(told);
  });
});
