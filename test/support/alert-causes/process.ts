import type { Effect } from '../../../handlers/contract/effects.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { type AlertWorld, judgedBy } from '../alert-world.ts';
import { until } from '../redis.ts';
import { switchesSeen } from '../system.ts';
import { type Cause, EXIT } from './cause.ts';

const HELD_UP = 'quantum:stream:decisions';

/** Alerts on the process, and on HeatBridge. */
export const processCauses: readonly Cause[] = [
  {
    alert: 'P27BridgeBacklog',
    cause: 'a HeatBridge that stands still at a judgment',
    make: async (world) => {
      await world.start({ handlers: await standingStill('heat-bridge') });
      await world.addAged('harvest.heat.decision', 0, 1_000, EXIT);
    },
  },
  {
    alert: 'P27BridgeErrors',
    cause: 'a key of another type in the way of a lookup',
    make: async (world) => {
      await world.start();
      await world.client.set('quantum:harvest:heat:latest:ETHUSDT', 'x');
      await world.add('harvest.heat.decision', EXIT);
    },
    again: (world) => world.add('harvest.heat.decision', { ...EXIT, plan_id: `p${performance.now()}` }),
  },
  {
    alert: 'PortcullisRedisDown',
    cause: 'a Redis that is killed',
    make: async (world) => {
      await world.start();
      world.killRedis();
    },
  },
  {
    alert: 'PortcullisRedisEvicts',
    cause: 'a policy that evicts, set while the gates run',
    make: async (world) => {
      await world.start();
      await world.client.call('CONFIG', 'SET', 'maxmemory', '1gb', 'maxmemory-policy', 'volatile-ttl');
    },
  },
  {
    alert: 'PortcullisStateVanished',
    cause: 'a kill switch that is deleted',
    make: async (world) => {
      await world.start();
      await world.operate('kill', 'on');
      await switchesSeen();
      await world.client.del('quantum:kill');
    },
  },
  {
    alert: 'PortcullisPolicyForeign',
    cause: 'a mode that is written into Redis by hand',
    make: async (world) => {
      await world.start();
      await world.client.hset('quantum:policy:heat-gate', 'mode', 'enforce');
    },
  },
  {
    alert: 'PortcullisLoopStalled',
    cause: 'a judgment that does not end',
    atLeast: 1,
    make: async (world) => {
      await world.start({ handlers: await standingStill('heat-gate') });
      await world.add('harvest.proposal', EXIT);
    },
    again: (world) => world.add('harvest.proposal', EXIT),
  },
  {
    alert: 'PortcullisLaneHeld',
    cause: 'a key of another type in the place of the decision log',
    make: async (world) => {
      await world.start();
      await world.client.set(HELD_UP, 'x');
      await world.add('harvest.proposal', EXIT);
    },
  },
  {
    alert: 'PortcullisForeignConsumer',
    cause: "a program that reads with the governor's group and leaves nothing pending",
    make: takenByStranger,
  },
  {
    alert: 'PortcullisStreamAhead',
    cause: 'a plan with an id an hour ahead',
    make: async (world) => {
      await world.start();
      await world.add('apply.plan', { plan_id: 'p1' }, `${(await world.nowSec()) + 3_600}000-0`);
    },
  },
  {
    alert: 'PortcullisBookUnreadable',
    cause: 'a key of another type in the place of the positions',
    make: async (world) => {
      await world.start();
      await world.client.set('quantum:stream:position.snapshot', 'x');
    },
  },
  {
    alert: 'PortcullisLagging',
    cause: 'proposals of a minute ago that no worker has taken',
    make: async (world) => {
      await world.start();
      await world.client.set(HELD_UP, 'x');
      await world.addAged('harvest.proposal', 60, 300, EXIT);
    },
  },
  {
    alert: 'PortcullisPendingOld',
    cause: 'a proposal that a worker was given and died with',
    make: async (world) => {
      await world.start();
      await world.client.set(HELD_UP, 'x');
      await world.addAged('harvest.proposal', 70, 1, EXIT);
    },
  },
  {
    alert: 'PortcullisDeadLetters',
    cause: 'a proposal without a symbol',
    make: async (world) => {
      await world.start();
      await world.add('harvest.proposal', { plan_id: 'p1' });
    },
  },
  {
    alert: 'PortcullisCommitConflicts',
    cause: 'a policy that changes between judgment and commit',
    make: policyChangedMeanwhile,
    again: (world) => world.add('harvest.proposal', EXIT),
  },
  {
    alert: 'PortcullisTornCommit',
    cause: 'an effect of more fields than one command takes',
    make: async (world) => {
      const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`f${n}`, '1']));
      const wide: Effect = { do: 'hset', key: 'wide', fields };
      const handlers = judgedBy(await loadHandlers(), 'heat-gate', async (own) => ({ ...own(), effects: [wide] }));
      await world.start({ handlers });
      await world.add('harvest.proposal', EXIT);
    },
  },
  { alert: 'PortcullisTicksMissed', cause: 'no worker for a while', make: noWorkerForAWhile },
];

async function policyChangedMeanwhile(world: AlertWorld): Promise<void> {
  let judged = 0;
  const change = async () => {
    judged += 1;
    if (judged % 3 !== 0) await world.client.hset('quantum:policy:heat-gate', 'version', `another ${judged}`);
  };
  const handlers = judgedBy(await loadHandlers(), 'heat-gate', async (own) => {
    await change();
    return await own();
  });
  await world.start({ handlers });
  await world.add('harvest.proposal', EXIT);
}

/** Readers that wait are served in turn: of entries that come one by one the stranger soon gets one. */
async function takenByStranger(world: AlertWorld): Promise<void> {
  await world.start();
  const stranger = world.client.duplicate();
  let taken = false;
  const read = ['GROUP', 'governor', 'stranger', 'BLOCK', '0', 'NOACK', 'STREAMS', 'quantum:stream:apply.plan', '>'];
  const waiting = stranger.call('XREADGROUP', ...read).then(() => {
    taken = true;
  });
  await until('the stranger to get a plan', async () => {
    await world.add('apply.plan', { plan_id: 'p1', symbol: 'ETHUSDT', action: 'HOLD' });
    return taken;
  });
  await waiting;
  stranger.disconnect();
}

async function standingStill(handler: string): Promise<readonly AnyHandler[]> {
  return judgedBy(await loadHandlers(), handler, () => new Promise(() => undefined));
}

async function noWorkerForAWhile(world: AlertWorld): Promise<void> {
  const options = { env: { P26_POLL_SEC: '0.2' }, schedules: true };
  await world.start(options);
  const last = () => world.client.hget('quantum:portcullis:last_tick', 'heat-monitor');
  const from = Number(await until('a tick', last));
  await world.stopSystem();
  await until('two seconds without a worker', () => Date.now() > from + 2000);
  await world.startAgain(options);
}
