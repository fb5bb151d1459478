import { expect, test } from 'vitest';
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
