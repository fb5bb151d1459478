import { portfolioNowMs } from '../../runtime/redis/clock.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runCli } from './cli.ts';
import type { ConsoleInBrowser } from './console-in-browser.ts';
import { until } from './redis.ts';

/** Portfolios beside the demo's. */
export const OTHERS = ['asia', 'macro'].map((prefix) => portfolioOf(prefix));

const STRATEGY_LIMITS = [
  'GOV_STRATEGY_MAX_SHARE_PCT=trend:20',
  'GOV_STRATEGY_MAX_POSITIONS=trend:2',
  'GOV_STRATEGY_MAX_PERMITS_PER_HOUR=trend:1',
];
const RISK = {
  ...{ shock: '0.415', shock_reason: 'ok', shock_scenario: 'fall_50', margin: '0.021', margin_reason: 'ok' },
  ...{ liquidation_symbol: 'SOLUSDT', liquidation_distance: '0.37', expected_shortfall_reason: 'not_enough_data' },
  components: JSON.stringify({ shock: { SOLUSDT: 0.3, ETHUSDT: 0.115, BTCUSDT: 0 } }),
};

/** Puts something into every card: strategies with limits, a candidate that said otherwise, measures of risk, a dead letter, problems of others. */
export async function fillConsole({ console: { redis, prefix }, redisUrl }: ConsoleInBrowser): Promise<void> {
  const policy = async (...argv: string[]) => {
    const how = ['--gate', 'governor', '--portfolio', prefix, '--yes', '--reason', 'less room for trend'];
    const { code, err } = await runCli(redisUrl, ['policy', ...argv, ...how]);
    if (code !== 0) throw new Error(`expected a policy to be set, got ${err}`);
  };
  await policy('set', ...STRATEGY_LIMITS);
  await policy(
    'candidate',
    'GOV_MAX_TOTAL_NOTIONAL_USDT=400000',
    'GOV_MAX_OPEN_POSITIONS=20',
    'GOV_STRATEGY_MAX_PERMITS_PER_HOUR=trend:5',
  );
  await redis.hset(`${prefix}:state:risk`, { ...RISK, timestamp: String(Date.now() / 1000) });
  await redis.set(`${OTHERS[1]?.prefix}:kill`, '1');
  const nowMs = await portfolioNowMs(redis, portfolioOf(prefix, { simulatedClock: true }));
  const add = (id: string, plan: Record<string, string>) =>
    redis.xadd(`${prefix}:stream:apply.plan`, id, ...Object.entries(plan).flat());
  let asked = 0;
  await until('a plan to be judged by the candidate', async () => {
    const order = { symbol: 'XRPUSDT', action: 'OPEN', side: 'BUY', qty: '10', price: '35', strategy: 'trend' };
    await add(`${nowMs}-*`, { plan_id: `trend-${++asked}`, ...order });
    const newest = await redis.xrevrange(`${prefix}:stream:decisions`, '+', '-', 'COUNT', 1);
    return newest[0]?.[1].includes('candidate');
  });
  await add('*', { plan_id: 'p 9', action: 'BUY' });
}
