import { expect, it } from 'vitest';
import { AccountRig, reading, stateOf } from '../../support/account.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';

/** A deposit (below 0: a withdrawal) that the account stream told, `atMs` after `NOW_MS`. */
const deposit = (usd: number, atMs: number) => ({
  changes: [{ reason: 'DEPOSIT', atMs: NOW_MS + atMs, balances: [{ asset: 'USDT', wallet: 0, change: usd }] }],
});

it('leaves what came and went since the first reading in the state, through doubts and restarts', () => {
  const rig = new AccountRig();
  const net = (entry: ReturnType<typeof reading>) => stateOf(rig.take(entry))?.net_transfers_usd;
  expect(net(reading(1000, 0, {}, deposit(700, -4000)))).toBe('0');
  expect(net(reading(1000, 1000, {}, deposit(300, 100)))).toBe('0');
  expect(net(reading(1500, 5000, {}, deposit(500, 101)))).toBe('500');
  expect(net(reading(-1, 10_000, {}, deposit(-200.5, 9000)))).toBeUndefined();
  expect(net(reading(1299.5, 15_000))).toBe('299.5');
  const restarted = new AccountRig();
  restarted.hashes.memory = rig.hashes.memory;
  const after = stateOf(restarted.take(reading(1299.5, 20_000, {}, deposit(-200.5, 9000))));
  expect(after).toMatchObject({ net_transfers_usd: '299.5', net_transfers_since_ms: String(NOW_MS + 100) });
  const { net_transfers_usd: _, net_transfers_since_ms: __, ...older } = rig.hashes.memory ?? {};
  restarted.hashes.memory = older;
  const begun = stateOf(restarted.take(reading(1299.5, 25_000)));
  expect(begun).toMatchObject({ net_transfers_usd: '0', net_transfers_since_ms: String(NOW_MS + 25_100) });
});
