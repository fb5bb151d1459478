import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { LOSS_ENV as env, lossRig } from '../support/loss-rig.ts';
import { until } from '../support/redis.ts';

const LATCH = 'quantum:governor:loss_latch';

test.concurrent('a loss latches once, of two workers too, and outlives them; what opens is taken back', async (context) => {
  const { rig, read, ledger } = await lossRig(context);
  const workers = [await rig.worker({ env }), await rig.worker({ env })];
  await read(10_000, 10_000, 9_501);
  await rig.send('open');
  expect(await rig.verdict('open')).toBe('permit');
  await rig.send('exit', { action: 'FULL_CLOSE', side: 'SELL' });
  expect(await rig.verdict('exit')).toBe('permit');
  await read(9_500, 9_500);
  await until('the permit to be revoked', async () => (await rig.client.exists('quantum:permit:open')) === 0);
  expect(await rig.client.exists('quantum:permit:exit')).toBe(1);
  expect((await rig.events('PERMIT_REVOKED')).map(({ plan_id, reason }) => [plan_id, reason])).toEqual([
    ['open', 'loss_limit'],
  ]);
  await read(9_000, 10_000, 10_000);
  for (const worker of workers) await worker.stop();
  await rig.worker({ env });
  await read(10_000);
  await rig.send('later');
  expect(await rig.verdict('later')).toBe('daily_loss_exceeded');
  expect(await ledger()).toEqual(['loss_started', 'loss_limit']);
  expect((await rig.events('LOSS_LIMIT')).map(({ reason }) => reason)).toEqual(['daily_loss_exceeded']);
});

test.concurrent('a candidate with loss limits is judged by them where none is in force, in the decision log alone', async (context) => {
  const { rig } = await lossRig(context);
  await rig.worker({ env: { GOV_SYMBOL_COOLDOWN_SECONDS: '0' } });
  const settings = ['GOV_MAX_DAILY_LOSS_PCT=5', 'GOV_LOSS_CONFIRMATIONS=2/2'];
  const argv = ['policy', 'candidate', ...settings, '--gate', 'governor', '--reason', 'what would it hold?'];
  const environment = { GOV_SYMBOL_COOLDOWN_SECONDS: '0' };
  expect((await runCli(rig.redis.url, argv, { environment })).code).toBe(0);
  const fromSec = (await rig.now()) - 60;
  const said: string[] = [];
  for (const [at, equity_usd] of [10_000, 10_000, 9_500, 9_500, 10_000].entries()) {
    const timestamp = fromSec + at;
    await rig.client.hset('quantum:state:portfolio', { equity_usd, positions_count: 0, timestamp });
    await until(`${equity_usd} dollars to be judged for the candidate`, async () =>
      String(await rig.client.hget('quantum:governor:loss_trial', 'marks')).includes(`"at_ms":${timestamp * 1000}`),
    );
    await rig.send(`p${at}`);
    expect(await rig.verdict(`p${at}`)).toBe('permit');
    const decisions = await rig.entries('quantum:stream:decisions');
    said.push(JSON.parse(decisions.find(({ plan_id }) => plan_id === `p${at}`)?.candidate ?? '{}').reason);
  }
  expect(said).toEqual(['caps_data_unavailable', 'ok', 'ok', 'daily_loss_exceeded', 'daily_loss_exceeded']);
  expect(await rig.client.exists(LATCH)).toBe(0);
  expect(await rig.events('LOSS_LIMIT')).toEqual([]);
  expect((await runCli(rig.redis.url, [...argv.slice(0, 2), '--clear', ...argv.slice(4)], { environment })).code).toBe(
    0,
  );
  await until('nothing of it to be left', async () => (await rig.client.exists('quantum:governor:loss_trial')) === 0);
});

test.concurrent('a latch that is of another type opens nothing, and holds up neither watcher nor exits', async (context) => {
  const { rig, read } = await lossRig(context);
  await rig.worker({ env });
  await read(10_000, 10_000);
  await rig.send('a');
  expect(await rig.verdict('a')).toBe('permit');
  await rig.client.set(LATCH, 'x');
  await rig.send('b');
  expect(await rig.verdict('b')).toBe('caps_data_unavailable');
  await rig.send('c', { action: 'FULL_CLOSE', side: 'SELL' });
  expect(await rig.verdict('c')).toBe('permit');
  await rig.client.set('quantum:kill', '1');
  await until('the kill to revoke', async () => (await rig.client.exists('quantum:permit:c')) === 0);
});

test.concurrent('a ledger of another type keeps no loss from latching', async (context) => {
  const { rig, read } = await lossRig(context);
  await rig.worker({ env });
  await read(10_000, 10_000);
  await rig.client.del('quantum:stream:ops.ledger');
  await rig.client.set('quantum:stream:ops.ledger', 'x');
  await read(9_000, 9_000);
  await rig.send('a');
  expect(await rig.verdict('a')).toBe('daily_loss_exceeded');
  const stored = await rig.stored('a');
  expect(stored?.checks.find(({ gate }) => gate === 'loss_limit')).toMatchObject({
    value: '10 %',
    limit: '5 %',
    verdict: 'refuse',
  });
});
