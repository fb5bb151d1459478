import { afterAll, beforeAll, expect, it } from 'vitest';
import { describedStreams } from '../../../handlers/contract/streams.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { ClearAnswer, KillAllAnswer, KillAnswer, ModeAnswer, StateAnswer } from '../../../schemas/api/change.ts';
import { EvaluationAnswers, Explanation } from '../../../schemas/api/plan.ts';
import { ServedRig } from '../../support/served.ts';
import { entriesOf } from '../../support/system.ts';

let rig: ServedRig;

beforeAll(async () => {
  rig = await ServedRig.start({ GOV_MODE: 'production' });
  await rig.account('10000');
  await rig.position('ETHUSDT', 10, 1800, '0.15');
  await rig.tick('heat-monitor');
  await rig.tick('risk-governor');
  await rig.exit('exit-1', 'ETHUSDT');
  await rig.plan('plan-1', 'BTCUSDT', { kill_score: '0.1' });
  await rig.add('apply.plan', { plan_id: 'bad plan', symbol: 'BTCUSDT', action: 'OPEN' });
  await rig.judged(
    'governor',
    'apply.plan',
    await rig.add('apply.plan', { plan_id: 'p', symbol: 'B', action: 'HOLD' }),
  );
});
afterAll(() => rig.stop());

it.each([
  ['/kill', { state: 'on', actor: 'ann' }, KillAllAnswer.or(KillAnswer)],
  ['/kill', { state: 'off', reason: 'over' }, KillAnswer],
  ['/disarm', { reason: 'x' }, StateAnswer],
  ['/arm', { reason: 'x' }, StateAnswer],
  ['/state', { trading_state: 'ACTIVE', reason: 'x' }, StateAnswer],
  ['/mode', { gate: 'risk-governor', mode: 'enforce', reason: 'x' }, ModeAnswer],
  ['/positions/clear', { symbol: 'ETHUSDT', reason: 'x' }, ClearAnswer],
  ['/evaluate', { entry: { symbol: 'ETHUSDT', action: 'OPEN', qty: 1, price: 100 } }, EvaluationAnswers],
  ['/evaluate', [{ entry: { symbol: 'ETHUSDT', action: 'FULL_CLOSE' } }], EvaluationAnswers],
])('POST %s with %j answers as it is described', async (path, body, schema) => {
  const answer = await rig.post(path, body);
  expect(answer.code).toBe(200);
  expect(schema.parse(answer.body)).toEqual(answer.body);
});

it.each([
  ['plan-1', 200],
  ['exit-1', 200],
  ['nosuch', 404],
])('the way of %s is answered as it is described, with %d', async (planId, code) => {
  const answer = await rig.get(`/plans/${planId}`);
  expect(answer.code).toBe(code);
  expect(Explanation.parse(answer.body)).toEqual(answer.body);
});

it.each([
  'harvest.calibrated',
  'harvest.heat.decision',
  'heat.history',
  'budget.violation',
  'governor.events',
  'decisions',
  'ops.ledger',
  'policy.history:risk-governor',
  'apply.plan.dlq',
  'tick.risk-governor',
])('entries of %s have the fields that are described', async (name) => {
  const entries = await entriesOf(rig.client, `quantum:stream:${name}`);
  expect(entries.length).toBeGreaterThan(0);
  const kind = name.endsWith('.dlq') ? '{stream}.dlq' : name.replace(/^(tick\.|policy\.history:).*/, '$1');
  const described = describedStreams(await loadHandlers()).find(
    (stream) => stream.name === kind || stream.name.replace(/\{.*/, '') === kind,
  );
  const fields = Object.keys(described?.fields ?? {});
  const required = fields.filter((field) => !field.endsWith('?'));
  for (const entry of entries) {
    const found = Object.keys(entry.fields);
    expect(found).toEqual(expect.arrayContaining(required));
    if (described?.more === true) continue;
    expect(fields.map((field) => field.replace(/\?$/, ''))).toEqual(expect.arrayContaining(found));
  }
});
