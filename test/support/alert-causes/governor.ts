import type { AlertWorld } from '../alert-world.ts';
import { until } from '../redis.ts';
import { type Cause, EXIT, PLAN } from './cause.ts';

/** Alerts on the governor, on what its permits came to, on modes and on activations. */
export const governorCauses: readonly Cause[] = [
  {
    alert: 'KillSwitchOn',
    cause: 'the kill switch',
    make: async (world) => {
      await world.start();
      await world.operate('kill', 'on');
    },
  },
  {
    alert: 'PortcullisDataLost',
    cause: 'a Redis that lost everything',
    make: async (world) => {
      await world.open();
      await world.state();
      await world.start();
      await world.add('apply.plan', { ...PLAN, plan_id: 'p1' });
      await until('the plan to be judged', () => world.client.get('quantum:portcullis:commits'));
      await world.client.flushall();
    },
  },
  {
    alert: 'LossLimitReached',
    cause: 'an equity that falls below the limit of the day',
    make: async (world) => await lose(world, '9000'),
  },
  {
    alert: 'LossLimitNear',
    cause: 'an equity that falls to nine tenths of the limit of the day',
    make: async (world) => await lose(world, '9550'),
  },
  {
    alert: 'GovernorAutoDisarmed',
    cause: 'a burst of plans',
    make: async (world) => {
      await world.open();
      await world.state();
      await world.start({ env: { GOV_MODE: 'production', GOV_SYMBOL_COOLDOWN_SECONDS: '0' } });
      for (const plan_id of ['p1', 'p2', 'p3']) await world.add('apply.plan', { ...PLAN, plan_id });
    },
  },
  {
    alert: 'GovernorDisarmed',
    cause: 'an operator who disarms',
    make: async (world) => {
      await world.start();
      await world.operate('disarm', '--reason', 'x');
    },
  },
  {
    alert: 'TradingNotActive',
    cause: 'an operator who halts',
    make: async (world) => {
      await world.start();
      await world.operate('state', 'HALTED', '--reason', 'x');
    },
  },
  { alert: 'PermitNotTaken', cause: 'a permit that nobody takes for 59 s', make: permitNobodyTook },
  {
    alert: 'ExecutedWithoutPermit',
    cause: 'an answer for a plan that had no permit',
    make: async (world) => {
      await (await world.open()).hset('quantum:governor:effect_proof', 'since_ms', '0');
      await world.start();
      await world.add('apply.result', { plan_id: 'stray', symbol: 'ETHUSDT', executed: 'True' });
    },
  },
  { alert: 'CalibratedNotUsed', cause: 'a softened exit that is executed whole', make: softenedAndIgnored },
  {
    alert: 'GateModeChanged',
    cause: 'an operator who changes the mode of each gate',
    make: async (world) => {
      await world.start();
      for (const [gate, mode] of Object.entries({
        'heat-gate': 'enforce',
        'risk-governor': 'enforce',
        governor: 'production',
      })) {
        await world.operate('mode', gate, mode, '--reason', 'x', '--yes');
      }
    },
  },
  {
    alert: 'ActivationRolledBack',
    cause: 'a dead letter during the watch of an activation',
    make: async (world) => {
      await world.start();
      await world.operate('activate', 'heat-gate', '--reason', 'x', '--force', '--yes', '--detach');
      await world.add('harvest.proposal', { plan_id: 'p1' });
    },
  },
];

/** The account is read at 10,000 dollars, then at less; the watcher has seen each reading before the next comes. */
async function lose(world: AlertWorld, equity_usd: string): Promise<void> {
  const client = await world.open();
  await world.start({ env: { GOV_MAX_DAILY_LOSS_PCT: '5', GOV_LOSS_CONFIRMATIONS: '1/1' } });
  const atSec = await world.nowSec();
  for (const [at, usd] of ['10000', equity_usd].entries()) {
    await client.hset('quantum:state:portfolio', { equity_usd: usd, timestamp: String(atSec - 1 + at) });
    await until(`the loss at ${usd} to be judged`, async () =>
      String(await client.hget('quantum:governor:loss_latch', 'marks')).includes(`"equity_usd":${usd}`),
    );
  }
}

async function permitNobodyTook(world: AlertWorld): Promise<void> {
  await world.start();
  const atMs = (await world.nowSec()) * 1000 - 59_500;
  await world.client.set('quantum:permit:p1', '{}', 'EX', 60);
  await world.client.zadd('quantum:governor:outstanding', atMs, 'p1:BTCUSDT:OPEN');
}

async function softenedAndIgnored(world: AlertWorld): Promise<void> {
  await world.open();
  await world.client.hset('quantum:governor:effect_proof', 'since_ms', '0');
  await world.state();
  await world.position();
  await world.start({ env: { P26_MODE: 'enforce', GOV_SYMBOL_COOLDOWN_SECONDS: '0' } });
  await world.add('harvest.proposal', EXIT);
  await until('the lookup', () => world.client.hget('quantum:harvest:heat:by_plan:p1', 'out_action'));
  await world.add('apply.plan', { ...PLAN, plan_id: 'p1', action: 'FULL_CLOSE', side: 'SELL', reduceOnly: 'true' });
  await until('the permit', () => world.client.getdel('quantum:permit:p1'));
  await world.add('apply.result', { plan_id: 'p1', symbol: 'ETHUSDT', executed: 'True' });
}
