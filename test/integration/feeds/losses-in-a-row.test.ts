import { expect, test } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { type FeedsRig, hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { until } from '../../support/redis.ts';
import { entriesOf } from '../../support/system.ts';

const PLAN = {
  symbol: 'ETHUSDT',
  action: 'OPEN_LONG',
  decision: 'EXECUTE',
  side: 'BUY',
  kill_score: '0',
  price: '2000',
};

/** Buys and sells on the exchange at other marks, and waits until it is told as a closed trade. */
async function trade(rig: FeedsRig, symbol: string, from: number, to: number): Promise<string | undefined> {
  const closed = async () =>
    (await entriesOf(rig.redis.client, 'quantum:stream:feed.events')).filter(
      ({ fields }) => fields.event === 'TRADE_CLOSED',
    );
  const before = (await closed()).length;
  rig.exchange.control({ do: 'set_mark', symbol, price: from });
  rig.trade(symbol, 'BUY', 1);
  await hashThat(rig, 'feed:held', (held) => held[symbol] !== undefined);
  rig.exchange.control({ do: 'set_mark', symbol, price: to });
  rig.trade(symbol, 'SELL', 1);
  await until('the trade to be told', async () => (await closed()).length > before);
  return (await closed()).at(-1)?.fields.reason;
}

/** The reason a plan to open is refused for, or `permit`. */
async function opened(rig: FeedsRig, planId: string): Promise<string> {
  const fields = Object.entries({ ...PLAN, plan_id: planId, qty: '0.01' }).flat();
  await rig.redis.client.xadd('quantum:stream:apply.plan', '*', ...fields);
  return await until('a verdict', async () => {
    const block = await rig.redis.client.get(`quantum:governor:block:${planId}`);
    if (block !== null) return JSON.parse(block).reason as string;
    return (await rig.redis.client.exists(`quantum:permit:${planId}`)) === 1 ? 'permit' : undefined;
  });
}

test('trades that lose one after the other hold what opens, take its permits back, and a person lets it go', async ({
  onTestFinished,
}) => {
  const env = {
    FEEDS: 'account,market',
    FEED_POLL_SEC: '1',
    GOV_MODE: 'production',
    GOV_MAX_CONSECUTIVE_LOSSES: '2',
    GOV_SYMBOL_COOLDOWN_SECONDS: '0',
    GOV_MAX_EXEC_PER_5MIN: '9',
  };
  const rig = await startFeedsRig(env);
  onTestFinished(() => rig.stop());
  await hashThat(rig, 'state:portfolio:streaks', (streaks) => streaks['*'] !== undefined);
  expect(await trade(rig, 'BTCUSDT', 40_000, 39_000)).toBe('loss');
  expect(await opened(rig, 'before')).toBe('permit');
  expect(await trade(rig, 'ETHUSDT', 2000, 1999)).toBe('loss');
  await until(
    'the permit to be taken back',
    async () => (await rig.redis.client.exists('quantum:permit:before')) === 0,
  );
  expect(await opened(rig, 'while')).toBe('consecutive_losses');
  const { out } = await runCli(rig.redis.url, ['explain', 'while'], { environment: env });
  expect(out).toContain('2 trades in a row lost; after 2 nothing is opened for a while');
  const status = await runCli(rig.redis.url, ['status'], { environment: env });
  expect(status.out).toMatch(/^OPEN REFUSED +2 trades in a row lost \(limit 2\)/m);
  expect(await trade(rig, 'BTCUSDT', 39_000, 39_500)).toBe('gain');
  expect(await opened(rig, 'gained')).toBe('consecutive_losses');
  const cli = async (...argv: string[]) => await runCli(rig.redis.url, argv, { environment: env });
  expect((await cli('loss')).out).toMatch(/^HELD: consecutive_losses \(2 in a row, limit 2, the last at .+\)$/m);
  const release = ['loss', 'release', '--reason', 'the strategy that lost is stopped', '--yes'];
  expect((await cli(...release)).out).toBe('Released: consecutive_losses. It counts anew.\n');
  expect((await cli(...release)).err).toContain('expected a loss limit that was reached, got none');
  expect(await opened(rig, 'after')).toBe('permit');
  const ledger = await entriesOf(rig.redis.client, 'quantum:stream:ops.ledger');
  expect(ledger.map(({ fields }) => fields.action).filter((action) => action?.startsWith('loss_'))).toEqual([
    'loss_limit',
    'loss_release',
  ]);
  expect(ledger.at(-1)?.fields.reason).toBe('the strategy that lost is stopped');
  expect(await rig.hash('governor:loss_pauses')).toEqual({});
  expect((await rig.hash('state:portfolio:streaks')).ETHUSDT).toContain('"losses":1');
  expect(await trade(rig, 'BTCUSDT', 39_500, 39_000)).toBe('loss');
  expect(await opened(rig, 'one-more')).toBe('permit');
  expect(await rig.hash('state:portfolio:trades')).toEqual({});
});
