import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sealCompanion } from '../../runtime/desk/seals/seal-keeper.ts';
import { Sealer } from '../../runtime/desk/seals/sealer.ts';
import { setKill } from '../../runtime/desk/switches/kill.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runCli } from '../support/cli.ts';
import { decisionOf, FactsRig, LOG } from '../support/facts-rig.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { startSystem } from '../support/system.ts';

const portfolio = portfolioOf('p');
const LEDGER = 'p:stream:ops.ledger';
const KEY = 'a key of more than thirty-two characters';
const TEN = { decisions: 10, afterMs: 600_000 };
type Entry = [id: string, flat: string[]];

let redis: TestRedis;
let folder: string;
let rig: FactsRig;
beforeEach(async () => {
  redis = await startRedis();
  folder = await mkdtemp(join(tmpdir(), 'seals-'));
  rig = new FactsRig(redis);
});
afterEach(async () => {
  await redis.stop();
  await rm(folder, { recursive: true });
});

/** So many decisions, two of each that share a book. */
async function decide(count: number): Promise<void> {
  for (let at = 0; at < count; at += 2) {
    const book = { positions: [at], mark: 'é' };
    const pair = [decisionOf(book), decisionOf(book, `{"heat":${at}}`)];
    await rig.decide('heat-gate', ...pair.slice(0, count - at));
  }
}

async function entries(key = LOG): Promise<Entry[]> {
  return (await redis.client.xrange(key, '-', '+')) as Entry[];
}

async function seal(limits = TEN, key?: string): Promise<void> {
  const [newest] = await redis.client.xrevrange(LOG, '+', '-', 'COUNT', 1);
  await new Sealer(redis.client, portfolio, key, limits).turn(newest?.[0] ?? '');
}

async function run(argv: readonly string[], environment: Record<string, string> = {}) {
  return await runCli(redis.url, [...argv, '--portfolio', 'p'], {
    environment: { PORTCULLIS_DATA_DIR: folder, ...environment },
  });
}

async function sealed() {
  const { out } = await run(['ledger', '--seals', '--last', '1000', '--json']);
  const all = JSON.parse(out) as { fields: Record<string, string> }[];
  return all.map(({ fields }) => fields).filter(({ action }) => action === 'decisions_sealed');
}

async function rewrite(key: string, list: readonly Entry[]): Promise<void> {
  await redis.client.del(key);
  for (const [id, flat] of list) await redis.client.xadd(key, id, ...flat);
}

function edited([id, flat]: Entry): Entry {
  return [id, flat.map((text, at) => (flat[at - 1] === 'verdict' ? 'BLOCK' : text))];
}

test('ranges of so many decisions are sealed, each with first, last, number and root, and each names the one before', async () => {
  await decide(25);
  await seal();
  const log = await entries();
  const found = await sealed();
  expect(found.map(({ seal: number, from, to, count }) => [number, from, to, count])).toEqual([
    ['1', log[0]?.[0], log[9]?.[0], '10'],
    ['2', log[10]?.[0], log[19]?.[0], '10'],
  ]);
  expect(found.map(({ before }) => before)).toEqual(['', found[0]?.after]);
  await seal();
  expect(await sealed()).toHaveLength(2);
  await seal({ decisions: 10, afterMs: 0 });
  expect((await sealed()).at(-1)).toMatchObject({ seal: '3', from: log[20]?.[0], to: log[24]?.[0], count: '5' });
  expect(await run(['ledger', '--verify'])).toMatchObject({ code: 0 });
  const whole = await run(['verify']);
  expect(whole).toMatchObject({ code: 0, out: expect.stringMatching(/^Whole: 25 decisions, 3 seals, 0 not sealed yet\./) });
});

test('seals are left out of the changes, and do not hide who turned the kill switch on', async () => {
  await setKill(redis.client, portfolio, true, { actor: 'ada', reason: 'drill' });
  await decide(40);
  await seal();
  expect(JSON.parse((await run(['ledger', '--last', '1', '--json'])).out)).toMatchObject([
    { fields: { action: 'kill_on', actor: 'ada' } },
  ]);
});

test('several at once seal each decision once, and beside changes of the ledger', async () => {
  await decide(60);
  const change = { actor: 'ada', reason: 'drill' };
  await Promise.all([
    ...[1, 2, 3].map(() => seal()),
    ...Array.from({ length: 20 }, async (_, at) => setKill(redis.client, portfolio, at % 2 === 0, change)),
  ]);
  await seal();
  expect((await sealed()).map(({ seal: number }) => number)).toEqual(['1', '2', '3', '4', '5', '6']);
  expect(await run(['ledger', '--verify'])).toMatchObject({ code: 0 });
  expect(await run(['verify'])).toMatchObject({ code: 0 });
});

test.each<{ what: string; tamper: (log: Entry[]) => Promise<unknown>; said: RegExp }>([
  {
    what: 'one edited',
    tamper: (log) => rewrite(LOG, log.map((one, at) => (at === 14 ? edited(one) : one))),
    said: /seal 2 \(.*\): of its 10 decisions one or more were changed or exchanged/,
  },
  { what: 'one deleted', tamper: (log) => redis.client.xdel(LOG, log[14]?.[0] ?? ''), said: /seal 2 \(.*\): 1 of 10 decisions are gone/ },
  {
    what: 'one put in',
    tamper: (log) => rewrite(LOG, log.toSpliced(15, 0, [after(log[14]), log[14]?.[1] ?? []])),
    said: /1 decisions were added|is in no sealed range/,
  },
  {
    what: 'two exchanged',
    tamper: (log) => rewrite(LOG, log.with(14, [log[14]?.[0] ?? '', log[15]?.[1] ?? []]).with(15, [log[15]?.[0] ?? '', log[14]?.[1] ?? []])),
    said: /seal 2 \(.*\): of its 10 decisions one or more were changed or exchanged/,
  },
  {
    what: 'the front cut off, in the middle of a range',
    tamper: (log) => redis.client.xtrim(LOG, 'MINID', log[4]?.[0] ?? ''),
    said: /seal 1 \(.*\): 4 of 10 decisions are gone at its front, and no retention took them/,
  },
  {
    what: 'the front cut off, a range and more',
    tamper: (log) => redis.client.xtrim(LOG, 'MINID', log[10]?.[0] ?? ''),
    said: /seal 1 \(.*\): all 10 decisions are gone, at the front, and no retention took them/,
  },
  {
    what: 'the newest deleted',
    tamper: (log) => redis.client.xdel(LOG, log.at(-1)?.[0] ?? ''),
    said: /the newest decisions are gone, or XSETID was used/,
  },
  {
    what: 'the newest deleted, and the counters set to fit',
    tamper: async (log) => {
      for (const [id] of log.slice(18)) await redis.client.xdel(LOG, id);
      await redis.client.xsetid(LOG, log[17]?.[0] ?? '', 'ENTRIESADDED', 18, 'MAXDELETEDID', '0-0');
    },
    said: /seal 2 \(.*\): 2 of 10 decisions are gone at its end/,
  },
  {
    what: 'the last id set ahead',
    tamper: (log) => redis.client.xsetid(LOG, after(log.at(-1))),
    said: /the newest decisions are gone, or XSETID was used/,
  },
  { what: 'the log deleted', tamper: () => redis.client.del(LOG), said: /seals 1 to 2 \(.*\): all 20 decisions are gone, and none is left/ },
])('in the log $what is found, and named', async ({ tamper, said }) => {
  await decide(25);
  await seal();
  await tamper(await entries());
  const { code, out } = await run(['verify']);
  expect(out).toMatch(/^BROKEN: /);
  expect(out).toMatch(said);
  expect(code).toBe(1);
});

function after([id]: Entry = ['0-0', []]): string {
  const [ms, seq] = id.split('-');
  return `${ms}-${Number(seq) + 500}`;
}

test.each([
  { front: 4, trimmed: 'Trimmed, seal stands: 1 range at the front.' },
  { front: 10, trimmed: 'Trimmed, seal stands: 1 range at the front.' },
  { front: 13, trimmed: 'Trimmed, seal stands: 2 ranges at the front.' },
])('what retention took from the front ($front decisions) is trimmed, and the seal stands', async ({ front, trimmed }) => {
  await decide(25);
  await seal();
  const log = await entries();
  await redis.client.xtrim(LOG, 'MINID', log[front]?.[0] ?? '');
  const held = await run(['verify'], { STREAM_MAX_LEN: String(25 - front) });
  expect(held).toMatchObject({ code: 0, out: expect.stringContaining(trimmed) });
  const file = join(folder, 'export.jsonl');
  await writeFile(file, (await run(['export', '--seal'])).out);
  const cut = front % 10 === 0 ? '' : trimmed.replace('2 ranges', '1 range');
  expect(await run(['verify', file])).toMatchObject({ code: 0, out: expect.stringContaining(cut) });
  expect((await run(['verify'], { STREAM_MAX_LEN: String(26 - front) })).code).toBe(1);
});

test('an export with seals is verified without Redis, and read by replay and report as any other', async () => {
  await decide(25);
  await seal();
  const log = await entries();
  const file = join(folder, 'export.jsonl');
  const { code, out, err } = await run(['export', '--seal']);
  expect({ code, err }).toEqual({ code: 0, err: '25 decisions\n' });
  await writeFile(file, out);
  const offline = (environment = {}) =>
    runCli('redis://127.0.0.1:1', ['verify', file], { environment: { PORTCULLIS_DATA_DIR: folder, ...environment } });
  const whole = await offline();
  expect(whole).toMatchObject({ code: 0, out: expect.stringMatching(/^Whole: 25 decisions, 2 seals, 5 not sealed yet\.\n/) });
  expect(whole.out).toContain('Held to nothing but itself');
  const plain = (await run(['export'])).out.trim().split('\n').map((line) => JSON.parse(line) as object);
  const decisions = out.split('\n').filter((line) => line.startsWith('{"id"'));
  expect(decisions.map((line) => JSON.parse(line) as object)).toMatchObject(plain);
  await writeFile(file, out.replace(/\{"id":[^\n]*"heat":8[^\n]*\n/, ''));
  expect((await offline()).out).toContain(`decision ${log[9]?.[0]} is gone`);
  const { out: counted } = await run(['replay', '--file', file, '--json']);
  expect(counted).not.toBe('');
});

test('a time range is widened to whole sealed ranges', async () => {
  await decide(30);
  await seal();
  const log = await entries();
  const at = new Date(Number(log[15]?.[0].split('-')[0])).toISOString();
  const file = join(folder, 'export.jsonl');
  for (const range of [['--since', at], ['--until', at], ['--since', at, '--until', at]]) {
    const { out } = await run(['export', '--seal', ...range]);
    await writeFile(file, out);
    expect(out).toContain(`"id":"${log[10]?.[0]}"`);
    expect(await run(['verify', file])).toMatchObject({ code: 0 });
  }
});

test.each([['--seal', '--raw'], ['--seal', '--verdict', 'PASS']])('export %s %s is refused', async (...options) => {
  expect(await run(['export', ...options])).toMatchObject({ code: 2, err: expect.stringContaining('without a filter') });
});

test('seals rewritten with the log are found by the key, which Redis never has', async () => {
  const keyFile = join(folder, 'key');
  await writeFile(keyFile, KEY);
  const held = { LEDGER_KEY_FILE: keyFile };
  await decide(25);
  await seal(TEN, KEY);
  expect(await run(['verify'], held)).toMatchObject({ code: 0 });
  expect(await run(['ledger', '--verify'], held)).toMatchObject({ code: 0 });
  for (const key of await redis.client.keys('*')) {
    expect(String(await redis.client.dumpBuffer(key)).includes('thirty-two')).toBe(false);
  }
  await rewrite(LOG, (await entries()).map((one, at) => (at === 14 ? edited(one) : one)));
  await redis.client.del(LEDGER);
  await seal(TEN, 'another key of over thirty-two characters');
  expect(await run(['verify'])).toMatchObject({ code: 0 });
  const found = await run(['verify'], held);
  expect(found).toMatchObject({ code: 1, out: expect.stringContaining('has another mark than LEDGER_KEY_FILE gives') });
});

test('a file that is none is refused in words', async () => {
  const file = join(folder, 'export.jsonl');
  await decide(2);
  await writeFile(file, (await run(['export'])).out);
  expect(await run(['verify', file])).toMatchObject({ code: 2, err: expect.stringContaining('export --seal') });
  expect(await run(['verify', join(folder, 'none')])).toMatchObject({ code: 2 });
  expect(await run(['verify', '--head', 'x'])).toMatchObject({ code: 2 });
});

test('workers seal beside the lanes, one at a time, and the next goes on where the first stopped', async () => {
  const companions = [sealCompanion({ keyFile: undefined }, { ...TEN, everyMs: 50 })];
  const first = await startSystem(redis, { portfolio, companions });
  const second = await startSystem(redis, { portfolio, companions, workerName: 'second' });
  await decide(20);
  await until('two seals', async () => (await sealed()).length === 2);
  await first.stop();
  await decide(20);
  await until('four seals', async () => (await sealed()).length === 4);
  await second.stop();
  expect((await sealed()).map(({ seal: number, count }) => `${number} ${count}`)).toEqual(['1 10', '2 10', '3 10', '4 10']);
  expect(await run(['verify'])).toMatchObject({ code: 0 });
  expect([...first.lines, ...second.lines].filter((line) => line.includes('not sealed'))).toEqual([]);
});
