import { expect, test } from 'vitest';
import { Looks } from '../../runtime/redis/looks.ts';
import { startRedis, until } from '../support/redis.ts';
import { connectTo } from '../support/system.ts';

test('a server that answers nothing is not asked again and again, and what fails then is heard', async () => {
  const redis = await startRedis();
  const client = connectTo(redis.url);
  const heard: unknown[] = [];
  const unheard = (error: unknown) => heard.push(error);
  process.on('unhandledRejection', unheard);
  const told: number[] = [];
  const looks = new Looks(client);
  const stop = looks.every(10, { asks: [['GET', 'key']], told: async () => void told.push(1) });
  await until('a look', () => told.length > 0);
  redis.process.kill('SIGSTOP');
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 10);
  await until('some turns', () => turns > 20);
  clearInterval(timer);
  client.disconnect();
  await stop();
  await new Promise(setImmediate);
  process.off('unhandledRejection', unheard);
  redis.process.kill('SIGCONT');
  await redis.stop();
  expect(heard).toEqual([]);
});
