import { setTimeout as pause } from 'node:timers/promises';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { SharedWork } from '../../../../runtime/doors/http/shared-work.ts';
import { until } from '../../../support/redis.ts';

const LONG = { keepMs: 600_000, waitMs: 600_000 };
const STAYS = new AbortController().signal;

/** Work that a test finishes, and what it saw of it. */
class Work {
  begun = 0;
  ending: AbortSignal | undefined;
  finish: (answer: string) => void = () => undefined;
  fail: (problem: Error) => void = () => undefined;

  readonly do = async (ending: AbortSignal): Promise<string> => {
    this.begun += 1;
    this.ending = ending;
    return await new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
  };

  async hasBegun(times = 1): Promise<void> {
    while (this.begun < times) await pause(1);
  }
}

it('is done once for all who ask meanwhile, and for who asks shortly after', async () => {
  const shared = new SharedWork<string>(LONG);
  const work = new Work();
  const asked = [1, 2, 3].map(() => shared.ask('a', work.do, STAYS));
  await work.hasBegun();
  work.finish('answer');
  expect(await Promise.all(asked)).toEqual(['answer', 'answer', 'answer']);
  expect(await shared.ask('a', work.do, STAYS)).toBe('answer');
  expect(work.begun).toBe(1);
});

it('is done again once the answer is not kept any more', async () => {
  const shared = new SharedWork<string>({ ...LONG, keepMs: 1 });
  let times = 0;
  const work = async () => {
    times += 1;
    return String(times);
  };
  const ask = () => shared.ask('a', work, STAYS);
  expect(await ask()).toBe('1');
  while ((await ask()) === '1') await pause(1);
  expect(times).toBeGreaterThan(1);
});

it('of several names is done one at a time, in the order in which it was asked for', async () => {
  const shared = new SharedWork<string>(LONG);
  const [first, second] = [new Work(), new Work()];
  const asked = [shared.ask('a', first.do, STAYS), shared.ask('b', second.do, STAYS)];
  await first.hasBegun();
  expect(second.begun).toBe(0);
  first.finish('one');
  await second.hasBegun();
  second.finish('two');
  expect(await Promise.all(asked)).toEqual(['one', 'two']);
});

it('is ended once nobody waits for it any more, and not before', async () => {
  const shared = new SharedWork<string>(LONG);
  const work = new Work();
  const [ann, bob] = [new AbortController(), new AbortController()];
  const asked = [shared.ask('a', work.do, ann.signal), shared.ask('a', work.do, bob.signal)];
  await work.hasBegun();
  ann.abort();
  expect(work.ending?.aborted).toBe(false);
  bob.abort();
  expect(work.ending?.aborted).toBe(true);
  const again = new Work();
  const anew = shared.ask('a', again.do, STAYS);
  work.finish('half');
  await again.hasBegun();
  again.finish('whole');
  expect(await anew).toBe('whole');
  await Promise.all(asked);
});

it('is not begun where nobody waits by its turn', async () => {
  const shared = new SharedWork<string>(LONG);
  const [first, second] = [new Work(), new Work()];
  const gone = new AbortController();
  const running = shared.ask('a', first.do, STAYS);
  const left = shared.ask('b', second.do, gone.signal);
  await first.hasBegun();
  gone.abort();
  first.finish('one');
  await running;
  await expect(left).rejects.toThrow();
  expect(second.begun).toBe(0);
});

it('is a 503 where its turn does not come in time, and is not begun later', async () => {
  const shared = new SharedWork<string>({ ...LONG, waitMs: 1 });
  const [first, second, third] = [new Work(), new Work(), new Work()];
  const running = shared.ask('a', first.do, STAYS);
  await first.hasBegun();
  await expect(shared.ask('b', second.do, STAYS)).rejects.toMatchObject({ statusCode: 503 });
  first.finish('one');
  expect(await running).toBe('one');
  const next = shared.ask('c', third.do, STAYS);
  await third.hasBegun();
  third.finish('three');
  expect(await next).toBe('three');
  expect(second.begun).toBe(0);
});

it('that failed is told to all who wait, and done anew for the next', async () => {
  const shared = new SharedWork<string>(LONG);
  const work = new Work();
  const asked = [1, 2].map(() => shared.ask('a', work.do, STAYS));
  await work.hasBegun();
  work.fail(new Error('no'));
  for (const one of asked) await expect(one).rejects.toThrow('no');
  const anew = shared.ask('a', work.do, STAYS);
  await work.hasBegun(2);
  work.finish('yes');
  expect(await anew).toBe('yes');
});

it('goes on while a request waits for it, and is ended when that is cut', async () => {
  const shared = new SharedWork<string>(LONG);
  const works = { stays: new Work(), cut: new Work() };
  const app = Fastify({ forceCloseConnections: true });
  for (const [name, work] of Object.entries(works)) {
    app.get(`/${name}`, async ({ signal }) => await shared.ask(name, work.do, signal));
  }
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const answer = fetch(`${url}/stays`).then((response) => response.text());
  await works.stays.hasBegun();
  await fetch(`${url}/nothing`).then((response) => response.text());
  expect(works.stays.ending?.aborted).toBe(false);
  works.stays.finish('answer');
  expect(await answer).toBe('answer');
  const leaving = new AbortController();
  const cut = fetch(`${url}/cut`, { signal: leaving.signal });
  await works.cut.hasBegun();
  leaving.abort();
  await expect(cut).rejects.toThrow();
  await until('the work to be ended', async () => works.cut.ending?.aborted === true);
  works.cut.finish('');
  await app.close();
});
