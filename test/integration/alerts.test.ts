import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { alertsCompanion } from '../../runtime/desk/alerts/alerts.ts';
import { ALERT_ID } from '../../runtime/desk/alerts/message.ts';
import { alertsOf } from '../../runtime/process/alerts.ts';
import type { AlertSettings } from '../../runtime/settings/alert-settings.ts';
import type { Alert } from '../../schemas/alert.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { metricOf, QUICK, startSystem, type TestSystem } from '../support/system.ts';

/** Longer than a busy machine makes an answer wait. */
const AWAY_AFTER_MS = 4_000;
const KEY = 'xoxb-the-key-in-the-path';

/** A receiver of webhooks that answers as it is told, and keeps what it took. */
class Receiver {
  readonly taken: Alert[] = [];
  readonly refused: string[] = [];
  /** What each request is answered with. */
  answer: (request: IncomingMessage, alert: Alert) => number = () => 200;
  readonly #server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      const alert = JSON.parse(body) as Alert;
      const status = this.answer(request, alert);
      if (status < 300) this.taken.push(alert);
      else this.refused.push(String(request.headers[ALERT_ID]));
      response.writeHead(status, { location: '/elsewhere', connection: 'close' }).end();
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${KEY}`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  keys(): string[] {
    return this.taken.map(({ state, key }) => `${state} ${key}`);
  }
}

let redis: TestRedis;
let receiver: Receiver;
let settings: AlertSettings;
let systems: TestSystem[];
beforeEach(async () => {
  systems = [];
  redis = await startRedis();
  receiver = new Receiver();
  settings = { url: await receiver.start(), format: 'json', level: 'critical', secret: undefined, chatId: undefined };
});
afterEach(async () => {
  for (const system of systems) await system.stop();
  await receiver.stop();
  await redis.stop();
});

async function start(timings = {}, alerts = alertsOf(settings)): Promise<TestSystem> {
  const system = await startSystem(redis, { companions: [alerts.companion], timings: { ...QUICK, ...timings } });
  const { runtime, options } = system;
  alerts.begin({ runtime, settings: options.settings, found: options.found });
  systems.push(system);
  return system;
}

function told(...keys: string[]): Promise<unknown> {
  return until(`${keys} to be told`, () => keys.every((key) => receiver.keys().includes(key)));
}

it('tells once that trading is stopped, and once that it goes on, from two processes', async () => {
  const [one, other] = [await start(), await start()];
  await runCli(redis.url, ['kill', 'on', '--reason', 'a drill']);
  await told('began kill');
  expect(receiver.taken[0]).toMatchObject({
    portfolio: 'quantum',
    severity: 'critical',
    what: 'The kill switch is on: no permits',
    do: 'portcullis kill off --reason …',
  });
  await runCli(redis.url, ['kill', 'off', '--reason', 'it is over', '--yes']);
  await told('ended kill');
  expect(receiver.keys()).toEqual(['began kill', 'ended kill']);
  const [began, ended] = receiver.taken;
  expect(began?.id).not.toBe(ended?.id);
  await until('both to be counted', async () => {
    const [ofOne = 0, ofOther = 0] = await Promise.all([sentBy(one, 'taken'), sentBy(other, 'taken')]);
    return ofOne + ofOther === 2;
  });
});

function sentBy(system: TestSystem, outcome: string): Promise<number> {
  return metricOf(system, `portcullis_alert_messages_total{outcome="${outcome}"}`);
}

it('goes on in another process, with what was not sent', async () => {
  const first = await start();
  receiver.answer = () => 503;
  await redis.client.set('quantum:kill', '1');
  await until('it to be tried', () => receiver.refused.length > 0);
  await first.stop();
  systems.length = 0;
  receiver.answer = () => 200;
  await start();
  await told('began kill');
  expect(receiver.taken.map(({ id }) => id)).toEqual([receiver.refused[0]]);
});

it('keeps what is not taken, says so without the address, and sends it under the same id', async () => {
  const system = await start();
  receiver.answer = () => 302;
  await redis.client.set('quantum:kill', '1');
  await until('it to be tried again', () => receiver.refused.length > 1);
  expect(new Set(receiver.refused).size).toBe(1);
  const doctor = await runCli(redis.url, ['doctor']);
  expect(doctor.out).toMatch(/webhook +.*alerts are not taken: 302: redirects are not followed/);
  receiver.answer = () => 200;
  await told('began kill');
  expect(receiver.taken.map(({ id }) => id)).toEqual([receiver.refused[0]]);
  await until('all to be well', async () => !(await runCli(redis.url, ['doctor'])).out.includes('webhook'));
  expect(system.lines.join('')).toContain('redirects are not followed');
  expect(system.lines.join('')).not.toContain(KEY);
});

it('gives up what is refused for good, and does not hold up what comes after it', async () => {
  const system = await start();
  receiver.answer = (_request, { key }) => (key === 'kill' ? 400 : 200);
  await redis.client.set('quantum:kill', '1');
  await until('it to be refused', () => receiver.refused.length > 0);
  await runCli(redis.url, ['disarm', '--reason', 'a drill']);
  await told('began disarmed');
  expect(receiver.refused.length).toBe(5);
  expect(system.lines.join('')).toContain('webhook: gave up quantum:');
  await until('it to be counted', async () => (await sentBy(system, 'given_up')) === 1);
});

it('says of each process once that it lost Redis, and once that it is back', async () => {
  await start({ awayAfterMs: AWAY_AFTER_MS });
  await start({ awayAfterMs: AWAY_AFTER_MS });
  await until('one to have looked', async () => (await redis.client.exists('quantum:portcullis:alerts_told')) === 1);
  redis.process.kill('SIGSTOP');
  try {
    await until('both to say so', () => receiver.keys().filter((key) => key === 'began redis').length === 2);
  } finally {
    redis.process.kill('SIGCONT');
  }
  await until('both to be back', () => receiver.keys().filter((key) => key === 'ended redis').length === 2);
  expect(receiver.keys().filter((key) => key.endsWith('redis'))).toHaveLength(4);
  expect(new Set(receiver.taken.map(({ id }) => id)).size).toBe(receiver.taken.length);
});

it('says so too where Redis is lost in the middle of a look', async () => {
  let isLooking = false;
  const companion = alertsCompanion(settings, () => {
    isLooking = true;
    return new Promise(() => undefined);
  });
  await start({ awayAfterMs: AWAY_AFTER_MS }, { companion, begin: () => undefined });
  await until('a look that has no end', () => isLooking);
  redis.process.kill('SIGSTOP');
  try {
    await told('began redis');
  } finally {
    redis.process.kill('SIGCONT');
  }
  await told('ended redis');
});

it('does nothing to a key of another type, and says so', async () => {
  await redis.client.set('quantum:portcullis:alerts', 'mine');
  const system = await start();
  await redis.client.set('quantum:kill', '1');
  await until('it to be said', () => system.lines.some((line) => line.includes('where a stream belongs')));
  expect(await redis.client.get('quantum:portcullis:alerts')).toBe('mine');
  expect(receiver.taken).toEqual([]);
});
