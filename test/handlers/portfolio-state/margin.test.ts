import { expect, it } from 'vitest';
import { AccountRig, position, reading, stateOf } from '../../support/account.ts';

it('says the maintenance margin, and the position that is nearest to its liquidation', () => {
  const positions = [
    { ...position('BTCUSDT', 2), liquidationDistance: 0.4 },
    { ...position('ETHUSDT', -3, 50), liquidationDistance: 0.1 },
    position('XRPUSDT', 10, 1),
  ];
  expect(stateOf(new AccountRig().take(reading(1000, 0, { positions, maintenanceUsd: 12.5 })))).toMatchObject({
    maintenance_margin_usd: '12.5',
    liquidation_distance: '0.1',
    liquidation_symbol: 'ETHUSDT',
  });
});
