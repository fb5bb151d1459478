import { Redis } from 'ioredis';
import { afterAll, expect, test } from 'vitest';
import { activatedGate } from '../../../../runtime/desk/activation/gates.ts';
import { runningGates } from '../../../../runtime/desk/activation/up-time.ts';
import { WatchMoney } from '../../../../runtime/desk/activation/watch-money.ts';
import { loadHandlers } from '../../../../runtime/engine/host/load-handlers.ts';
import { ACTIVATION_LIMITS, loosened } from '../../../../runtime/settings/activation-settings.ts';
import { portfolioOf } from '../../../../runtime/settings/portfolio.ts';
import { watchConditions } from '../../../../schemas/activation.ts';
import { decisionRecord } from '../../../../schemas/decision.ts';
import { fieldsOf } from '../../../../schemas/wire.ts';

const handlers = await loadHandlers();
/** Never connected: what is counted asks Redis nothing. */
const redis = new Redis({ lazyConnect: true });
afterAll(() => redis.disconnect());

function record(fields: Readonly<Record<string, string>>) {
  return decisionRecord(fieldsOf(Object.entries(fields).flat()));
}

function plan(fields: Readonly<Record<string, string>>) {
  return record({ handler: 'governor', verdict: 'BLOCK', reason: 'close_exceeds', mode: 'production', ...fields });
}

function exit(equity_usd: number) {
  const facts = { heat: 0.1, bucket: 'COLD', equity_usd, thresholds: { heat_min: 0.25, heat_max: 0.65 } };
  return record({ handler: 'heat-gate', verdict: 'PASS', facts: JSON.stringify(facts) });
}

async function costOf(records: readonly ReturnType<typeof record>[], gate = 'heat-gate') {
  const money = new WatchMoney(redis, portfolioOf('quantum'), activatedGate(handlers, gate).judge, handlers);
  for (const one of records) money.take(one);
  return await money.now({ fromMs: 0, toMs: 1 }, watchConditions, false);
}

test('closes that another gate blocks are counted: not opens, not what only would be, not for a switch', async () => {
  const close = { action: 'FULL_CLOSE_PROPOSED' };
  const counted = [plan(close), plan({ action: 'SELL', input: '{"reduce_only":true}' })];
  const not = [
    plan({ action: 'OPEN_LONG' }),
    plan({ ...close, verdict: 'WOULD_BLOCK' }),
    plan({ ...close, verdict: 'PERMIT' }),
    plan({ ...close, reason: 'kill_switch_active' }),
    plan({ ...close, handler: 'somebody-else' }),
  ];
  expect((await costOf([...counted, ...not])).blockedCloses).toBe(2);
  expect((await costOf([...counted, ...not], 'governor')).blockedCloses).toBe(0);
});

test('equity falls from its highest reading, wherever that was', async () => {
  expect((await costOf([])).drawdown).toBeNull();
  expect((await costOf([100, 80, 200, 190, 150, 199].map(exit))).drawdown).toBe(0.25);
  expect((await costOf([100, 120].map(exit))).drawdown).toBe(0);
});

test('a gate is up where a lane of it runs here, and none is held', () => {
  const lanes = [
    { handler: 'a1', gate: 'a' },
    { handler: 'a2', gate: 'a' },
    { handler: 'b1', gate: 'b' },
  ] as unknown as Parameters<typeof runningGates>[0]['lanes'];
  const upWith = (states: Readonly<Record<string, string>>) => {
    const statuses = () => Object.entries(states).map(([handler, state]) => ({ handler, state }));
    return runningGates({ lanes, statuses: statuses as unknown as Parameters<typeof runningGates>[0]['statuses'] }, [
      'a',
      'b',
      'c',
    ]);
  };
  expect(upWith({ a1: 'running', a2: 'standby', b1: 'running' })).toEqual(['a', 'b']);
  expect(upWith({ a1: 'running', a2: 'held', b1: 'standby' })).toEqual([]);
  expect(upWith({ a1: 'starting', a2: 'draining', b1: 'stopped' })).toEqual([]);
  expect(upWith({})).toEqual([]);
});

test('limits that ask for less than the defaults are named, whichever way less is', () => {
  expect(loosened(ACTIVATION_LIMITS)).toEqual([]);
  const stricter = { ACTIVATION_DAYS: 4, ACTIVATION_NEWEST_HOURS: 5, ACTIVATION_UPTIME_PCT: 99 };
  expect(loosened({ ...ACTIVATION_LIMITS, ...stricter })).toEqual([]);
  const looser = { ACTIVATION_DAYS: 2, ACTIVATION_NEWEST_HOURS: 7, ACTIVATION_BLOCKED_CLOSES: 1 };
  expect(loosened({ ...ACTIVATION_LIMITS, ...looser })).toEqual([
    'ACTIVATION_NEWEST_HOURS=7',
    'ACTIVATION_DAYS=2',
    'ACTIVATION_BLOCKED_CLOSES=1',
  ]);
});
