import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { activatedGate } from '../../runtime/desk/activation/gates.ts';
import { EvidenceLog } from '../../runtime/desk/activation/log-evidence.ts';
import { wiringOf } from '../../runtime/desk/activation/wiring.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

const handlers = await loadHandlers();

function logOf(gate: string): EvidenceLog {
  return new EvidenceLog(activatedGate(handlers, gate).judge);
}

const NOW_MS = 1_795_000_000_000;
const SINCE_MS = NOW_MS - 86_400_000;
const CALIBRATED = 'quantum:stream:harvest.calibrated';
const portfolio = portfolioOf('quantum');
let redis: TestRedis;
let system: TestSystem | undefined;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());
afterEach(async () => {
  await system?.stop();
  system = undefined;
});

test.each([
  ['heat-gate', 'shadow', 'enforce'],
  ['risk-governor', 'shadow', 'enforce'],
  ['governor', 'testnet', 'production'],
])('%s goes from %s to %s and back', async (gate, resting, enforcing) => {
  system = await startSystem(redis, {});
  await redis.client.hset('quantum:portfolio:budget:BTCUSDT', { mode: resting, budget_usd: '500' });
  const mode = async () => await redis.client.hget(`quantum:policy:${gate}`, 'mode');
  expect(await mode()).toBe(resting);
  const forced = ['activate', gate, '--reason', 'a drill', '--force', '--yes', '--detach', '--json'];
  const made = await runCli(redis.url, forced);
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(made.out)).toMatchObject({ gate, before: resting, after: enforcing, watch: { state: 'watching' } });
  await until('the workers to say so', () => system?.runtime.mode(portfolio, gate) === enforcing);
  if (gate === 'risk-governor')
    expect(await redis.client.hget('quantum:portfolio:budget:BTCUSDT', 'mode')).toBe('enforce');
  const back = await runCli(redis.url, ['rollback', gate]);
  expect(back).toMatchObject({ code: 0, err: '' });
  expect(await mode()).toBe(resting);
  if (gate === 'risk-governor')
    expect(await redis.client.hget('quantum:portfolio:budget:BTCUSDT', 'mode')).toBe('shadow');
});

test('a governor in dry_run is neither activated nor rolled back: in testnet its permits would count', async () => {
  await redis.client.hset('quantum:policy:governor', { mode: 'dry_run', version: 'v' });
  const back = await runCli(redis.url, ['rollback', 'governor']);
  expect(back).toMatchObject({ code: 1, out: '' });
  expect(back.err).toContain(
    'governor is in dry_run, which has less effect than testnet: there is nothing to roll back',
  );
  const { err } = await runCli(redis.url, ['activate', 'governor', '--reason', 'x', '--yes']);
  expect(err).toContain('mode: expected testnet, got dry_run');
  expect(await redis.client.hget('quantum:policy:governor', 'mode')).toBe('dry_run');
});

describe('somebody uses what a gate writes', () => {
  async function proof(facts: Readonly<Record<string, number>>): Promise<void> {
    for (const [fact, agoMs] of Object.entries(facts)) {
      const fields = { [fact]: '1', [`${fact}_last_ms`]: String(NOW_MS - agoMs), [`${fact}_last_plan`]: 'p1' };
      await redis.client.hset('quantum:governor:effect_proof', fields);
    }
  }

  async function group(read: number, written: number): Promise<void> {
    await redis.client.xgroup('CREATE', CALIBRATED, 'executor', '0', 'MKSTREAM');
    for (let at = 0; at < written; at += 1) await redis.client.xadd(CALIBRATED, '*', 'plan_id', 'p');
    if (read > 0) await redis.client.xreadgroup('GROUP', 'executor', 'one', 'COUNT', read, 'STREAMS', CALIBRATED, '>');
  }

  async function wiring(gate: string, log = logOf(gate)) {
    return await wiringOf(
      redis.client,
      portfolio,
      { handlers, judge: activatedGate(handlers, gate).judge },
      log.result(),
      {
        sinceMs: SINCE_MS,
        nowMs: NOW_MS,
      },
    );
  }

  const cases: readonly (readonly [string, () => Promise<void>, boolean, string])[] = [
    ['heat-gate', async () => undefined, false, 'no consumer group on harvest.calibrated'],
    ['heat-gate', async () => group(0, 2), false, 'group executor left 2 entries of harvest.calibrated unread'],
    ['heat-gate', async () => group(2, 2), true, 'group executor reads harvest.calibrated'],
    ['heat-gate', async () => group(1, 2), true, 'group executor reads harvest.calibrated'],
    ['heat-gate', async () => proof({ calibrated_used: 60_000 }), true, 'plan p1 was executed as softened 60 s ago'],
    ['heat-gate', async () => proof({ calibrated_used: 86_401_000 }), false, 'no consumer group on harvest.calibrated'],
    ['governor', async () => undefined, false, 'no permit was taken'],
    ['governor', async () => proof({ permit_taken: 86_401_000 }), false, 'no permit was taken'],
    ['governor', async () => proof({ permit_taken: 7_200_000 }), true, 'permits are taken, the last 2 h ago'],
    [
      'governor',
      async () => proof({ permit_taken: 300_000, permit_not_taken: 200_000 }),
      false,
      'nobody took the permit of plan p1, the last to end',
    ],
    ['governor', async () => proof({ permit_taken: 200_000, permit_not_taken: 300_000 }), true, 'permits are taken'],
    [
      'governor',
      async () => proof({ permit_taken: 1_000, executed_without_permit: 300_000 }),
      false,
      'plan p1 was executed without a permit 5 min ago',
    ],
    ['risk-governor', async () => undefined, false, 'the governor compared no plan with a budget'],
  ];

  test.each(cases)('%s (%#)', async (gate, arrange, wired, found) => {
    await arrange();
    const is = await wiring(gate);
    expect(is.wired).toBe(wired);
    expect(is.found).toContain(found);
  });

  test('the governor uses budgets when it compares plans with them', async () => {
    const log = logOf('risk-governor');
    const compared = (verdict: string) =>
      JSON.stringify([{ gate: 'p28_budget', value: 1, limit: 2, headroom: 1, verdict }]);
    const plan = (checks: string) => ({
      id: `${NOW_MS - 60_000}-0`,
      fields: fieldsOf(['handler', 'governor', 'checks', checks]),
    });
    log.add(plan(compared('skipped')));
    expect((await wiring('risk-governor', log)).wired).toBe(false);
    log.add(plan(compared('would_refuse')));
    const found = 'the governor compared 1 plan with a budget, the last 60 s ago';
    expect(await wiring('risk-governor', log)).toEqual({ wired: true, found });
  });
});
