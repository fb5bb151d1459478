import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ledgerAnchorCompanion } from '../../runtime/desk/ledger/anchor-keeper.ts';
import { setKill } from '../../runtime/desk/switches/kill.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runCli } from '../support/cli.ts';
import { chained } from '../support/ledger.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { startSystem } from '../support/system.ts';

const portfolio = portfolioOf('quantum');
const LEDGER = 'quantum:stream:ops.ledger';
const KEY = 'a key of more than thirty-two characters';
type Entry = [id: string, flat: string[]];

let redis: TestRedis;
let folder: string;
beforeEach(async () => {
  redis = await startRedis();
  folder = await mkdtemp(join(tmpdir(), 'anchors-'));
});
afterEach(async () => {
  await redis.stop();
  await rm(folder, { recursive: true });
});

const file = () => join(folder, 'ledger-quantum.jsonl');
const kept = async () => (await readFile(file(), 'utf8').catch(() => '')).split('\n').filter(Boolean);
async function changes(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    await setKill(redis.client, portfolio, at % 2 === 0, { actor: 'ada', reason: `drill ${at}` });
  }
}

/** A worker that keeps the head once, at its start; answers what it logged. */
async function keep(more: { readonly keyFile?: string; readonly url?: string } = {}): Promise<readonly string[]> {
  const before = (await kept()).length;
  const settings = { folder, keyFile: more.keyFile, url: more.url };
  const system = await startSystem(redis, { companions: [ledgerAnchorCompanion(settings)] });
  await until('the head to be kept', async () => (await kept()).length === before + 1);
  await system.stop();
  return system.lines;
}

async function verify(environment: Record<string, string> = {}) {
  const world = { environment: { PORTCULLIS_DATA_DIR: folder, ...environment } };
  return await runCli(redis.url, ['ledger', '--verify'], world);
}

async function entries(): Promise<Entry[]> {
  return (await redis.client.xrange(LEDGER, '-', '+')) as Entry[];
}

async function rewrite(list: readonly Entry[]): Promise<void> {
  await redis.client.del(LEDGER);
  for (const [id, flat] of list) await redis.client.xadd(LEDGER, id, ...flat);
}

function edited([id, flat]: Entry): Entry {
  return [id, flat.map((text, at) => (flat[at - 1] === 'actor' ? 'eve' : text))];
}

test('the head goes to the log, to the file and to an address at a start, and what follows goes on from it', async () => {
  const sent: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      sent.push(JSON.parse(body));
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await until('the server', () => server.listening);
  try {
    await changes(3);
    const lines = await keep({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/heads` });
    const [first = ''] = await kept();
    const anchor = JSON.parse(first);
    expect(Object.keys(anchor)).toEqual(['at', 'portfolio', 'seq', 'hash', 'sha256']);
    await until('the address to be told', () => sent.length > 0);
    expect(sent).toEqual([anchor]);
    expect(lines.join('\n')).toContain(`entry ${anchor.seq}, hash ${anchor.hash}`);
    await changes(2);
    const { code, out } = await verify();
    expect(code).toBe(0);
    expect(out).toContain(`Held to 1 head of ${file()}`);
  } finally {
    server.close();
  }
});

test.each<{ what: string; tamper: (list: Entry[]) => Promise<unknown>; said: RegExp }>([
  {
    what: 'the newest deleted, and the counters set to fit',
    tamper: async (list) => {
      const [last, before] = [list.at(-1), list.at(-2)];
      await redis.client.xdel(LEDGER, last?.[0] ?? '');
      await redis.client.xsetid(LEDGER, before?.[0] ?? '', 'ENTRIESADDED', list.length - 1, 'MAXDELETEDID', '0-0');
    },
    said: /entry \d+, which was there at \S+ \(.*\), is gone: the newest is \d+/,
  },
  {
    what: 'all but the last three written again',
    tamper: (list) => rewrite(list.slice(0, -3)),
    said: /which was there at \S+ \(.*\), is gone: the newest is/,
  },
  {
    what: 'the last altered and chained anew',
    tamper: (list) => rewrite(chained(list.map((entry, at) => (at === list.length - 1 ? edited(entry) : entry)))),
    said: /is another entry \d+ than at \S+ \(.*\): the ledger was written anew/,
  },
  {
    what: 'one in the middle altered, and all chained anew',
    tamper: (list) => rewrite(chained(list.map((entry, at) => (at === list.length - 3 ? edited(entry) : entry)))),
    said: /the ledger was written anew/,
  },
  {
    what: 'one dropped, and all chained anew',
    tamper: (list) => rewrite(chained(list.toSpliced(-3, 1))),
    said: /is gone: the newest is/,
  },
  {
    what: 'one put in between, and all chained anew',
    tamper: (list) => rewrite(chained([...list.slice(0, 1), ...list].map(renumbered))),
    said: /the ledger was written anew/,
  },
  {
    what: 'two exchanged, and all chained anew',
    tamper: (list) => {
      const flats = list.map(([, flat]) => flat);
      const order = [...flats.slice(0, -2), flats.at(-1) ?? [], flats.at(-2) ?? []];
      return rewrite(chained(list.map(([id], at) => [id, order[at] ?? []])));
    },
    said: /the ledger was written anew/,
  },
  {
    what: 'the last id set ahead',
    tamper: (list) => redis.client.xsetid(LEDGER, `${Number.parseInt(list.at(-1)?.[0] ?? '', 10) + 60_000}-0`),
    said: /the newest entries are gone: \d+-0 was written, the newest is/,
  },
  { what: 'all of it deleted', tamper: () => redis.client.del(LEDGER), said: /is gone: none is left/ },
  { what: 'all data deleted', tamper: () => redis.client.flushall(), said: /is gone: none is left/ },
])('$what is found by the head that was kept', async ({ tamper, said }) => {
  await changes(6);
  await keep();
  const list = await entries();
  await tamper(list);
  const { code, out } = await verify();
  expect({ code, broken: out.startsWith('BROKEN') }).toEqual({ code: 1, broken: true });
  expect(out).toMatch(said);
});

function renumbered([id, flat]: Entry, at: number): Entry {
  return at === 0 ? [id, flat] : [`${id.split('-')[0]}-${at + 100}`, flat];
}

test('a ledger that is gone is not whole where the histories of policies are there, without any head kept', async () => {
  const system = await startSystem(redis);
  await system.stop();
  expect((await verify()).code).toBe(0);
  await redis.client.del(LEDGER);
  const { code, out } = await verify();
  expect(code).toBe(1);
  expect(out).toMatch(/^BROKEN: 0 entries\.\n {2}no entry is left, and \d histories of policies are/);
});

test('a mode that nobody put into the ledger is found, in the middle and at the end', async () => {
  const system = await startSystem(redis);
  await system.stop();
  const mode = (to: string) => runCli(redis.url, ['mode', 'heat-gate', to, '--reason', 'a test', '--yes']);
  expect(await mode('enforce')).toMatchObject({ code: 0 });
  expect((await verify()).code).toBe(0);
  await redis.client.del('quantum:stream:policy.history:heat-gate');
  await redis.client.hset('quantum:policy:heat-gate', 'mode', 'shadow');
  expect((await verify()).out).toMatch(
    /heat-gate is in shadow, and entry \d+ put it into enforce: it was changed without/,
  );
  expect(await mode('enforce')).toMatchObject({ code: 0 });
  expect((await verify()).out).toMatch(
    /says that heat-gate was in shadow before it, and entry \d+ put it into enforce/,
  );
});

test('with a key a head that was changed, added or stripped of its mark is told, and Redis never has the key', async () => {
  const keyFile = join(folder, 'key');
  await writeFile(keyFile, `${KEY}\n`);
  await changes(4);
  await keep({ keyFile });
  const held = { LEDGER_KEY_FILE: keyFile };
  expect(await verify(held)).toMatchObject({ code: 0 });
  const [line = ''] = await kept();
  const anchor = JSON.parse(line) as Record<string, unknown>;
  expect(anchor.mac).toMatch(/^[0-9a-f]{64}$/);
  for (const changed of [
    { ...anchor, seq: 2 },
    { ...anchor, mac: undefined },
    { ...anchor, mac: '00' },
  ]) {
    await writeFile(file(), `${JSON.stringify(changed)}\n`);
    expect(await verify(held)).toMatchObject({
      code: 1,
      out: expect.stringContaining('ledger-quantum.jsonl, line 1: '),
    });
  }
  for (const key of await redis.client.keys('*')) {
    expect(String(await redis.client.dumpBuffer(key)).includes('thirty-two')).toBe(false);
  }
});

test.each(['', 'no JSON', '{"at":1}', '{"at":1,"portfolio":"other","seq":1,"hash":"x"}'])(
  'a line of the file that is %j is told, and a blank one is not',
  async (line) => {
    await changes(1);
    await writeFile(file(), `${line}\n`);
    expect((await verify()).code).toBe(line === '' ? 0 : 1);
  },
);

test('a key that cannot be used is refused in words, by the start and by the command', async () => {
  const keyFile = join(folder, 'key');
  const settings = { folder, keyFile, url: undefined };
  expect(() => ledgerAnchorCompanion(settings)).toThrow('LEDGER_KEY_FILE: expected a file that can be read');
  await writeFile(keyFile, 'short');
  expect(() => ledgerAnchorCompanion(settings)).toThrow('expected a key of 32 characters or more');
  expect(await verify({ LEDGER_KEY_FILE: keyFile })).toMatchObject({ code: 2 });
});

test('where the file cannot be written the log says so, and the address is told all the same', async () => {
  await writeFile(join(folder, 'no-folder'), '');
  const settings = { folder: join(folder, 'no-folder'), keyFile: undefined, url: 'http://127.0.0.1:9/heads' };
  const system = await startSystem(redis, { companions: [ledgerAnchorCompanion(settings)] });
  const said = (text: string) => until(text, () => system.lines.some((line) => line.includes(text)));
  await said('the head of the ledger is not kept in');
  await said('the head of the ledger is not kept at LEDGER_ANCHOR_URL');
  await system.stop();
});
