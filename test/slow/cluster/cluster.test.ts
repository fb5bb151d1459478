import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PackedEffect } from '../../../runtime/engine/commit/request.ts';
import { addressOf, workerConnection } from '../../../runtime/redis/connection/address.ts';
import { SETTINGS } from '../../chaos/names.ts';
import { GROUP, requestOf, send, set } from '../../support/commit.ts';
import { Observed } from '../../support/oracle.ts';
import { until } from '../../support/redis.ts';
import { RedisCluster } from '../../support/redis-cluster.ts';
import { renamed } from '../../support/renamed.ts';
import { startWorker, type WorkerProcess } from '../../support/worker-process.ts';

const PORTFOLIOS = ['{fund-a}', '{fund-b}'];
let cluster: RedisCluster;
const connections: Redis[] = [];
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  cluster = await RedisCluster.start();
});
afterAll(async () => {
  for (const worker of workers) worker.process.kill('SIGKILL');
  for (const connection of connections) connection.disconnect();
  await cluster.stop();
});

async function worker(): Promise<WorkerProcess> {
  const started = startWorker(cluster, { portfolios: PORTFOLIOS, settings: SETTINGS });
  workers.push(started);
  await started.started;
  return started;
}

function connection(prefix: string): Redis {
  const made = workerConnection(addressOf(cluster.url), prefix);
  made.on('error', () => undefined);
  connections.push(made);
  return made;
}

/** Whether the heat monitor ran on a schedule since then. */
async function ticksSince(prefix: string, sec: number): Promise<boolean> {
  return Number(await connection(prefix).hget(`${prefix}:state:heat`, 'timestamp')) >= sec;
}

it('two portfolios on two nodes keep every promise while a worker dies, a slot moves and a node restarts', {
  timeout: 300_000,
}, async () => {
  const [fundA = 0, fundB = 0] = await Promise.all(PORTFOLIOS.map((prefix) => cluster.placeOf(`${prefix}:`)));
  expect(fundA).not.toBe(fundB);
  const observed = PORTFOLIOS.map((prefix, at) => new Observed(renamed(connection(prefix), prefix), at + 1));
  const [first, second] = await Promise.all([worker(), worker()]);
  for (const { load } of observed) await load.start();
  await pause(1_000);

  first.process.kill('SIGKILL');
  await first.ended;
  const third = await worker();
  await cluster.move('{fund-a}:', [0, 1, 2].find((place) => place !== fundA && place !== fundB) ?? 0);
  await pause(1_000);
  await cluster.restart(fundB);
  await pause(1_000);

  await Promise.all(observed.map((one) => one.drained()));
  const healedSec = Math.floor(Date.now() / 1000);
  for (const prefix of PORTFOLIOS) await until('the schedules to tick', () => ticksSince(prefix, healedSec));
  for (const { process } of [second, third]) process.kill('SIGTERM');
  expect(await Promise.all([second.ended, third.ended])).toEqual([0, 0]);

  for (const one of observed) {
    const witness = await one.witness();
    expect(witness.decisions.length).toBeGreaterThan(100);
    expect(await one.findings()).toEqual([]);
  }
});

it('a commit in a slot that is on its way to another node writes nothing', async () => {
  const prefix = '{fund-c}';
  const redis = connection(prefix);
  const at = (name: string) => `${prefix}:${name}`;
  const names = { stream: at('in'), last: at('last'), mark: at('mark'), finished: at('finished'), token: at('token') };
  const request = (id: string, effects: PackedEffect[]) =>
    requestOf([{ id, effects }], { ...names, decisions: at('decisions') });
  await redis.xgroup('CREATE', names.stream, GROUP, '0', 'MKSTREAM');
  const ids = [await redis.xadd(names.stream, '*', 'n', '1'), await redis.xadd(names.stream, '*', 'n', '2')].map(
    String,
  );
  await redis.xreadgroup('GROUP', GROUP, 'w1', 'COUNT', 2, 'STREAMS', names.stream, '>');
  expect(await send(redis, request(ids[0] ?? '', [set(at('a'), '1')]))).toMatchObject([{ status: 'done' }]);

  await redis.zadd(names.finished, 1, '1-1');
  const from = await cluster.placeOf(names.stream);
  await cluster.beginMove(names.stream, (from + 1) % 3);
  const effects: PackedEffect[] = [set(at('a'), '2'), { op: 'del', key: at('not there') }];
  await expect(send(redis, request(ids[1] ?? '', effects))).rejects.toThrow();
  expect(await redis.get(at('a'))).toBe('1');
  expect((await redis.xpending(names.stream, GROUP)).slice(0, 2)).toEqual([1, ids[1]]);

  await cluster.move(names.stream, (from + 1) % 3);
  expect(await send(redis, request(ids[1] ?? '', effects))).toMatchObject([{ status: 'done' }]);
  expect(await redis.get(at('a'))).toBe('2');
});
