import type { AlertWorld } from '../alert-world.ts';
import { until } from '../redis.ts';
import { type Cause, EXIT } from './cause.ts';

/** Alerts on heat and budgets. */
export const exposureCauses: readonly Cause[] = [
  {
    alert: 'P28HighStaleInputRate',
    cause: 'a portfolio state of a minute ago',
    make: async (world) => {
      await withSymbol(world, 60);
      await world.tick('risk-governor');
    },
    again: (world) => world.tick('risk-governor'),
  },
  {
    alert: 'P28RedisWriteFailures',
    cause: 'a key of another type in the way of a budget',
    make: async (world) => {
      await withSymbol(world, 0);
      await world.client.set('quantum:portfolio:budget:ETHUSDT', 'x');
      await world.tick('risk-governor');
    },
    again: (world) => world.tick('risk-governor'),
  },
  {
    alert: 'P28PortfolioStateTooOld',
    cause: 'a portfolio state of a minute ago',
    make: async (world) => {
      await withSymbol(world, 60);
      await world.tick('risk-governor');
    },
    again: manyTicks,
  },
  {
    alert: 'P28LastKnownGoodInUse',
    cause: 'a portfolio state that is gone after a cycle with it',
    make: async (world) => {
      await withSymbol(world, 0);
      await world.tick('risk-governor');
      await until('the remembered state', () => world.client.hget('quantum:state:portfolio:lkg', 'equity_usd'));
      await world.client.del('quantum:state:portfolio');
      await world.tick('risk-governor');
    },
    again: manyTicks,
  },
  {
    alert: 'P28NoBudgets',
    cause: 'a position: heat, and with a tick budgets',
    make: async (world) => {
      await world.start();
      await world.state();
      await world.position();
      await world.tick('heat-monitor');
      await world.tick('risk-governor');
    },
  },
  {
    alert: 'HeatGateDowngradeRateHigh',
    cause: 'a full close while the portfolio is cold',
    make: async (world) => {
      await world.open();
      await world.state();
      await world.position();
      await world.start();
      await world.add('harvest.proposal', EXIT);
    },
  },
  {
    alert: 'HeatGateHashWriteFailures',
    cause: 'a key of another type in the place of the live hash',
    make: async (world) => {
      await world.start({ env: { P26_MODE: 'enforce' } });
      await world.client.set('quantum:harvest:proposal:ETHUSDT', 'x');
      await world.add('harvest.proposal', EXIT);
    },
  },
];

async function withSymbol(world: AlertWorld, stateAgeSec: number): Promise<void> {
  const client = await world.open();
  await client.hset('quantum:position:snapshot:ETHUSDT', { side: 'FLAT' });
  await world.state(stateAgeSec);
  await world.start();
}

async function manyTicks(world: AlertWorld): Promise<void> {
  for (let at = 0; at < 40; at += 1) await world.tick('risk-governor');
}
