import { keys, runtimeKeys, streams } from '../../../../schemas/keys.ts';
import { jsonFields, type Stack } from '../stack.ts';
import type { Proof, Section } from './section.ts';

const LIFE_SEC = 300;
const SCHEDULE_SLACK_MS = 10_000;
const TOO_OLD_SEC = 1_000;
const STALE_SEC = 60;

/** The risk governor: the worked budgets, limits, old inputs, its routes, and shadow, enforce, block, rollback with the governor. */
export const riskGovernor: Section = {
  name: 'P2.8',
  title: 'P2.8 risk governor',
  needs: ['risk-governor'],
  run: async (proof) => {
    await proof.stack.mode('risk-governor', 'shadow');
    await proof.stack.flat('ETHUSDT', 'XRPUSDT', 'SOLUSDT');
    await byItself(proof);
    await workedBudgets(proof);
    await clamped(proof);
    await oldInputs(proof);
    await routes(proof);
    await enforcement(proof);
    await metrics(proof);
  },
};

/** Triggered by BullMQ in the running workers, not by the proof. */
async function byItself({ list, stack, hosts }: Proof): Promise<void> {
  const intervals = hosts.flatMap(({ settings }) => settings.BUDGET_COMPUTE_INTERVAL_SEC ?? []);
  const patienceMs = 1000 * Math.max(0, ...intervals) + SCHEDULE_SLACK_MS;
  const ticked = async () => {
    const at = await stack.redis.hget(stack.portfolio.key(runtimeKeys.lastTick), 'risk-governor');
    return at === null ? undefined : 'a tick';
  };
  await list.answers('its schedule runs by itself', 'a tick', ticked, { patienceMs });
}

/** Tests 1 and 2 of the original (contract §3). */
async function workedBudgets({ list, stack }: Proof): Promise<void> {
  const position = { position_qty: '0.5', mark_price: '100000', position_notional_usd: '50000' };
  await stack.redis.hset(stack.portfolio.key(keys.market('BTCUSDT')), { vol_regime: 'NORMAL_VOL' });
  await stack.state({ equity_usd: '100000' });
  await stack.snapshot('BTCUSDT', { ...position, sigma: '1.3' });
  await stack.budgetCycle();
  const hot = '1348 at stress 0.326 (heat 0.65, cluster 0, vol 0.33)';
  await list.answers('1. budget at heat 0.65', hot, () => budgetOf(stack, 'BTCUSDT'));
  await list.answers('1. the budget lives 300 s', `${LIFE_SEC} s`, () => stack.life(keys.budget('BTCUSDT'), LIFE_SEC));
  await list.answers('1. 50000 is over it: budget.violation', 'BTCUSDT 50000 over 1348 by 48652, shadow', () =>
    violation(stack),
  );
  await stack.snapshot('BTCUSDT', { ...position, sigma: '0.3' });
  await stack.budgetCycle();
  const cold = '1748 at stress 0.126 (heat 0.15, cluster 0, vol 0.33)';
  await list.answers('2. budget at heat 0.15', cold, () => budgetOf(stack, 'BTCUSDT'));
  await stack.redis.hset(stack.portfolio.key(keys.clusterStress('default')), { stress: '0.5' });
  await stack.redis.hset(stack.portfolio.key(keys.market('BTCUSDT')), { vol_regime: 'EXTREME_VOL' });
  await stack.budgetCycle();
  const stressed = '1080 at stress 0.46 (heat 0.15, cluster 0.5, vol 1)';
  await list.answers('3. with cluster stress and EXTREME_VOL', stressed, () => budgetOf(stack, 'BTCUSDT'));
  await stack.redis.del(
    stack.portfolio.key(keys.clusterStress('default')),
    stack.portfolio.key(keys.market('BTCUSDT')),
  );
  await stack.flat('BTCUSDT');
}

async function clamped({ list, stack }: Proof): Promise<void> {
  const budgetAt = async (equity: string, expected: string) => {
    await stack.state({ equity_usd: equity });
    await stack.snapshot('ETHUSDT', {
      position_notional_usd: '450',
      mark_price: '100',
      position_qty: '4.5',
      sigma: '0.01',
    });
    await stack.budgetCycle();
    const got = async () => (await stack.hash(keys.budget('ETHUSDT')))?.budget_usd;
    await list.answers(`4. at equity ${equity} the budget is clamped`, expected, got);
  };
  await budgetAt('1000', '500');
  await budgetAt('10000000', '10000');
}

/** The last known good state, and none at all (contract §3). */
async function oldInputs({ list, stack }: Proof): Promise<void> {
  const last = async () => {
    const cycles = await stack.found(streams.decisions, 'handler', 'risk-governor');
    return cycles[0] === undefined ? undefined : `${cycles[0].verdict} ${cycles[0].reason}`;
  };
  const nowSec = await stack.nowSec();
  await stack.state({ equity_usd: '100000', timestamp: String(nowSec - STALE_SEC) });
  await stack.budgetCycle();
  await list.answers('5. a state of 60 s ago: the last known good one serves', 'BUDGETS last_known_good_state', last);
  const old = String(nowSec - TOO_OLD_SEC);
  await stack.redis.hset(stack.portfolio.key(keys.lastKnownGood), { timestamp: old });
  await stack.redis.del(stack.portfolio.key(keys.budget('ETHUSDT')));
  await stack.budgetCycle();
  await list.answers('5. known good 1000 s ago: no budgets, trading goes on', 'NO_BUDGETS portfolio_too_old', last);
  const absent = async () => ((await stack.hash(keys.budget('ETHUSDT'))) === undefined ? 'absent' : 'written');
  await list.answers('5. and none was written', 'absent', absent);
}

async function routes({ list, stack, web, hosts }: Proof): Promise<void> {
  await stack.state({ equity_usd: '10000' });
  await stack.budgetCycle();
  await list.answers('GET /budget/ETHUSDT', 'ETHUSDT 500 shadow', async () => {
    const { symbol, budget_usd, mode } = await web.json('risk-governor', 'p28', '/budget/ETHUSDT');
    return `${symbol} ${budget_usd} ${mode}`;
  });
  await list.answers('GET /budget of an unknown symbol', 'no_budget_data', async () =>
    String((await web.json('risk-governor', 'p28', '/budget/NONEUSDT')).error),
  );
  const checked = async (notional: string) => {
    const path = `/budget/check?symbol=ETHUSDT&position_notional=${notional}`;
    const { violation: over, budget_usd, over_budget, mode } = await web.json('risk-governor', 'p28', path, 'POST');
    return `violation ${over}, budget ${budget_usd}, over ${over_budget}, ${mode}`;
  };
  await list.settles('POST /budget/check of 500', 'violation false, budget 500, over 0, shadow', () => checked('500'));
  await list.settles('POST /budget/check of 500.5', 'violation true, budget 500, over 0.5, shadow', () =>
    checked('500.5'),
  );
  const healthy = 'healthy p2.8-portfolio-risk-governor shadow connected';
  await list.settles('health of 8049', healthy, async () => {
    const { status, service, mode, redis } = await web.json('risk-governor', 'p28', '/health');
    return `${status} ${service} ${mode} ${redis}`;
  });
  const allowed = hosts.some(({ handlers, p28TestMode }) => handlers.includes('risk-governor') && p28TestMode);
  const name = allowed ? 'injection of a state, in test mode' : 'injection of a state is refused outside test mode';
  const path = '/test/inject_portfolio_state?equity_usd=10000';
  const status = async () => String((await web.answer('risk-governor', 'p28', path, 'POST')).status);
  await list.answers(name, allowed ? '200' : '403', status);
}

/** Shadow, enforce, block, rollback, and enforce without data: what the governor makes of budgets (contract §4). */
async function enforcement({ list, stack }: Proof): Promise<void> {
  const needs = { needs: ['risk-governor', 'governor'] };
  await stack.mode('governor', 'production');
  await stack.state({ equity_usd: '10000', positions_count: '3' });
  const position = { position_notional_usd: '450', mark_price: '100', position_qty: '4.5', sigma: '0.01' };
  for (const symbol of ['ETHUSDT', 'SOLUSDT', 'XRPUSDT']) await stack.snapshot(symbol, position);
  await stack.budgetCycle();
  const plan = async (name: string, planId: string, symbol: string, expected: string) => {
    await stack.plan(planId, symbol, { qty: '1', price: '100' });
    await list.answers(name, expected, () => stack.verdict(planId), needs);
  };
  const mode = async () => (await stack.hash(keys.budget('SOLUSDT')))?.mode;
  await plan('shadow: 450 + 100 over the budget of 500 is allowed', 'rg1', 'ETHUSDT', 'permit');
  await stack.mode('risk-governor', 'enforce');
  await list.settles('enforce: stored budgets say so at once', 'enforce', mode);
  await plan('enforce: the same is blocked', 'rg2', 'SOLUSDT', 'p28_budget_violation');
  await stack.plan('rg3', 'SOLUSDT', { action: 'FULL_CLOSE', reduceOnly: 'true', qty: '4.5' });
  await list.answers('enforce: a CLOSE passes', 'permit', () => stack.verdict('rg3'), needs);
  await stack.redis.del(stack.portfolio.key(keys.budget('XRPUSDT')));
  await plan('enforce: without a budget it is allowed', 'rg4', 'XRPUSDT', 'permit');
  await stack.flat('ETHUSDT');
  await stack.snapshot('ADAUSDT', position);
  await stack.budgetCycle();
  await stack.mode('risk-governor', 'shadow');
  await list.settles('rollback: stored budgets say so at once', 'shadow', mode);
  await plan('rollback: over the budget is allowed again', 'rg5', 'ADAUSDT', 'permit');
  await stack.mode('governor', 'testnet');
  await stack.flat('ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'ADAUSDT');
}

async function metrics({ list, web }: Proof): Promise<void> {
  const shows = (series: string, expected: string) =>
    list.settles(`metric ${series}`, expected, async () => web.metric('risk-governor', series));
  await shows('p28_enforce_mode', '0');
  await shows('p28_redis_write_fail_total', '0');
  const above = (series: string) =>
    list.answers(`metric ${series}`, 'above 0', async () => {
      const value = await web.metric('risk-governor', series);
      return Number(value) > 0 ? 'above 0' : value;
    });
  await above('p28_budget_computed_total{symbol="BTCUSDT"}');
  await above('p28_budget_allow_total{symbol="BTCUSDT"}');
  await above('p28_lkg_cache_used_total');
  await above('p28_portfolio_too_old_total');
  await above('p28_stale_input_total{input_type="portfolio_state"}');
}

async function budgetOf(stack: Stack, symbol: string): Promise<string | undefined> {
  const fields = await stack.hash(keys.budget(symbol));
  if (fields === undefined) return undefined;
  const { budget_usd, stress_factor, portfolio_heat, cluster_stress, vol_regime } = fields;
  return `${budget_usd} at stress ${stress_factor} (heat ${portfolio_heat}, cluster ${cluster_stress}, vol ${vol_regime})`;
}

async function violation(stack: Stack): Promise<string | undefined> {
  const [entry] = await stack.redis.xrevrange(stack.portfolio.streamKey(streams.violations), '+', '-', 'COUNT', 1);
  const text = entry?.[1][1];
  if (text === undefined) return undefined;
  const { symbol, position_notional, budget_usd, over_budget, mode } = jsonFields(text);
  return `${symbol} ${position_notional} over ${budget_usd} by ${over_budget}, ${mode}`;
}
