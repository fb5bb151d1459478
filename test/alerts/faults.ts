import { spawn } from 'node:child_process';
import { exposureCauses } from '../support/alert-causes/exposure.ts';
import { feedCauses } from '../support/alert-causes/feed.ts';
import { governorCauses } from '../support/alert-causes/governor.ts';
import { processCauses } from '../support/alert-causes/process.ts';
import { freePort } from '../support/ports.ts';
import { PROGRAM } from '../support/program.ts';
import { until } from '../support/redis.ts';
import { urlAt } from '../support/redis-server.ts';
import type { LiveWorld } from './live-world.ts';

/** What makes an alert fire. `again`: what goes on while it is waited for. */
export interface Fault {
  readonly alert: string;
  readonly cause: string;
  make(world: LiveWorld): Promise<void>;
  again?(world: LiveWorld): Promise<void>;
}

/** A fault for each alert of the shipped rules, and more for some. */
export const faults: readonly Fault[] = [
  ...[...exposureCauses, ...processCauses, ...governorCauses, ...feedCauses],
  {
    alert: 'PortcullisRedisDown',
    cause: 'a Redis that is killed while a position is held',
    make: async (world) => {
      await world.open();
      await world.state();
      await world.position();
      await world.start();
      world.killRedis();
    },
  },
  {
    alert: 'KillSwitchOn',
    cause: 'the kill switch, still firing when a Redis that is killed is an alert of its own',
    make: async (world) => {
      await world.start();
      await world.operate('kill', 'on');
      await until('the kill switch to fire', () => world.fires('KillSwitchOn'));
      world.killRedis();
      await until('the outage to fire', () => world.fires('PortcullisRedisDown'));
    },
  },
  { alert: 'PortcullisDown', cause: 'a worker that is killed', make: workerKilled },
  { alert: 'P28BudgetEngineDown', cause: 'a worker that is killed', make: workerKilled },
];

/** Alerts that no fault here can make, and why. */
export const NOT_LIVE: Readonly<Record<string, string>> = {
  PortcullisVersionsDiffer: 'takes two builds of different commits',
};

/** A process as `portcullis start` is, with its port; killed once it was scraped. */
async function workerKilled(world: LiveWorld): Promise<void> {
  const { port } = (await world.open()).options;
  const http = await freePort();
  const env = {
    PATH: process.env.PATH,
    ...{ REDIS_URL: urlAt(Number(port)), GATES: 'risk-governor' },
    ...{ HTTP_PORT: String(http), P28_PORT: '0', LOG_LEVEL: 'error' },
  };
  const argv = [PROGRAM, 'start'];
  const worker = spawn(process.execPath, argv, { env, stdio: 'ignore' });
  try {
    await until('the worker to serve its metrics', () => answers(http));
    await world.scraped(http);
  } finally {
    worker.kill('SIGKILL');
  }
}

async function answers(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/metrics`).then(
    ({ ok }) => ok,
    () => false,
  );
}
