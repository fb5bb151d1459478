import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sealCompanion } from '../../runtime/desk/seals/seal-keeper.ts';
import { setKill } from '../../runtime/desk/switches/kill.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { LOG } from '../support/facts-rig.ts';
import { until } from '../support/redis.ts';
import { type Entry, edited, SEAL_KEY, SealRig, TEN } from '../support/seal-rig.ts';
import { startSystem } from '../support/system.ts';

const portfolio = portfolioOf('p');

let rig: SealRig;
beforeEach(async () => {
  rig = await SealRig.start();
});
afterEach(async () => rig.stop());

test('ranges of so many decisions are sealed, each with first, last, number and root, and each names the one before', async () => {
  await rig.decide(25);
  await rig.seal();
  const log = await rig.log();
  const found = await rig.sealed();
  expect(found.map(({ seal: number, from, to, count }) => [number, from, to, count])).toEqual([
    ['1', log[0]?.[0], log[9]?.[0], '10'],
    ['2', log[10]?.[0], log[19]?.[0], '10'],
  ]);
  expect(found.map(({ before }) => before)).toEqual(['', found[0]?.after]);
  await rig.seal();
  expect(await rig.sealed()).toHaveLength(2);
  await rig.seal({ decisions: 10, afterMs: 0 });
  expect((await rig.sealed()).at(-1)).toMatchObject({ seal: '3', from: log[20]?.[0], to: log[24]?.[0], count: '5' });
  expect(await rig.run(['ledger', '--verify'])).toMatchObject({ code: 0 });
  const whole = await rig.run(['verify']);
  expect(whole).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Whole: 25 decisions, 3 seals, 0 not sealed yet\./),
  });
});

test('seals are left out of the changes, and do not hide who turned the kill switch on', async () => {
  await setKill(rig.redis.client, portfolio, true, { actor: 'ada', reason: 'drill' });
  await rig.decide(40);
  await rig.seal();
  expect(JSON.parse((await rig.run(['ledger', '--last', '1', '--json'])).out)).toMatchObject([
    { fields: { action: 'kill_on', actor: 'ada' } },
  ]);
});

test('several at once seal each decision once, and beside changes of the ledger', async () => {
  await rig.decide(60);
  const change = { actor: 'ada', reason: 'drill' };
  await Promise.all([
    ...[1, 2, 3].map(() => rig.seal()),
    ...Array.from({ length: 20 }, async (_, at) => setKill(rig.redis.client, portfolio, at % 2 === 0, change)),
  ]);
  await rig.seal();
  expect((await rig.sealed()).map(({ seal: number }) => number)).toEqual(['1', '2', '3', '4', '5', '6']);
  expect(await rig.run(['ledger', '--verify'])).toMatchObject({ code: 0 });
  expect(await rig.run(['verify'])).toMatchObject({ code: 0 });
});

test.each<{ what: string; tamper: (log: Entry[]) => Promise<unknown>; said: RegExp }>([
  {
    what: 'one edited',
    tamper: (log) =>
      rig.rewrite(
        LOG,
        log.map((one, at) => (at === 14 ? edited(one) : one)),
      ),
    said: /seal 2 \(.*\): of its 10 decisions one or more were changed or exchanged/,
  },
  {
    what: 'one deleted',
    tamper: (log) => rig.redis.client.xdel(LOG, log[14]?.[0] ?? ''),
    said: /seal 2 \(.*\): 1 of 10 decisions are gone/,
  },
  {
    what: 'one put in',
    tamper: (log) => rig.rewrite(LOG, withOneMore(log)),
    said: /seal 2 \(.*\): 1 decisions were added/,
  },
  {
    what: 'two exchanged',
    tamper: (log) =>
      rig.rewrite(
        LOG,
        log.with(14, [log[14]?.[0] ?? '', log[15]?.[1] ?? []]).with(15, [log[15]?.[0] ?? '', log[14]?.[1] ?? []]),
      ),
    said: /seal 2 \(.*\): of its 10 decisions one or more were changed or exchanged/,
  },
  {
    what: 'the front cut off, in the middle of a range',
    tamper: (log) => rig.redis.client.xtrim(LOG, 'MINID', log[4]?.[0] ?? ''),
    said: /seal 1 \(.*\): 4 of 10 decisions are gone at its front, and no retention took them/,
  },
  {
    what: 'the front cut off, a range and more',
    tamper: (log) => rig.redis.client.xtrim(LOG, 'MINID', log[10]?.[0] ?? ''),
    said: /seal 1 \(.*\): all 10 decisions are gone, at the front, and no retention took them/,
  },
  {
    what: 'the newest deleted',
    tamper: (log) => rig.redis.client.xdel(LOG, log.at(-1)?.[0] ?? ''),
    said: /the newest decisions are gone, or XSETID was used/,
  },
  {
    what: 'the newest deleted, and the counters set to fit',
    tamper: async (log) => {
      for (const [id] of log.slice(18)) await rig.redis.client.xdel(LOG, id);
      await rig.redis.client.xsetid(LOG, log[17]?.[0] ?? '', 'ENTRIESADDED', 18, 'MAXDELETEDID', '0-0');
    },
    said: /seal 2 \(.*\): 2 of 10 decisions are gone at its end/,
  },
  {
    what: 'the last id set ahead',
    tamper: (log) => rig.redis.client.xsetid(LOG, after(log.at(-1))),
    said: /the newest decisions are gone, or XSETID was used/,
  },
  {
    what: 'the log deleted',
    tamper: () => rig.redis.client.del(LOG),
    said: /seals 1 to 2 \(.*\): all 20 decisions are gone, and none is left/,
  },
])('in the log $what is found, and named', async ({ tamper, said }) => {
  await rig.decide(25);
  await rig.seal();
  await tamper(await rig.log());
  const { code, out } = await rig.run(['verify']);
  expect(out).toMatch(/^BROKEN: /);
  expect(out).toMatch(said);
  expect(code).toBe(1);
});

/** With one more where the second range goes on in another millisecond. */
function withOneMore(log: readonly Entry[]): Entry[] {
  const ms = (at: number) => log[at]?.[0].split('-')[0];
  const place = log.findIndex((_, at) => at > 10 && ms(at) !== ms(at - 1));
  return log.toSpliced(place, 0, [after(log[place - 1]), log[place]?.[1] ?? []]);
}

function after([id]: Entry = ['0-0', []]): string {
  const [ms, seq] = id.split('-');
  return `${ms}-${Number(seq) + 500}`;
}

test('verify says what the log was held to, and which seals came before the key', async () => {
  await rig.decide(10);
  await rig.seal();
  expect((await rig.run(['verify'])).out).toContain('Held to nothing but itself');
  await rig.decide(10);
  await rig.seal(TEN, SEAL_KEY);
  const keyFile = join(rig.folder, 'ledger.key');
  await writeFile(keyFile, SEAL_KEY, { mode: 0o600 });
  const { out, code } = await rig.run(['verify'], { LEDGER_KEY_FILE: keyFile });
  expect(out).toMatch(/Without a mark: the first 1 seal, made before LEDGER_KEY_FILE was set\./);
  expect(out).toContain('Held to the key of LEDGER_KEY_FILE.');
  expect(code).toBe(0);
});

test.each(['root', 'to', 'count', 'before'])(
  'a seal whose %s was edited in the ledger is found by verify and by the ledger',
  async (name) => {
    await rig.decide(30);
    await rig.seal();
    const key = 'p:stream:ops.ledger';
    const list = (await rig.redis.client.xrange(key, '-', '+')) as Entry[];
    const [id, flat] = list[1] as Entry;
    const texts: Record<string, (text: string) => string> = {
      ...{ to: () => '9999999999999-0', count: () => '11' },
      root: (text) => [...text].reverse().join(''),
      before: (text) => [...text].reverse().join(''),
    };
    await rig.rewrite(
      key,
      list.with(1, [id, flat.map((text, at) => (flat[at - 1] === name ? (texts[name]?.(text) ?? '') : text))]),
    );
    const { code, out } = await rig.run(['verify']);
    expect(out).toMatch(/seal 2 was altered: its hash is not that of what it says/);
    expect(code).toBe(1);
    expect(await rig.run(['ledger', '--verify'])).toMatchObject({ code: 1, out: expect.stringMatching(/^BROKEN/) });
  },
);

test('workers seal beside the lanes, one at a time, and the next goes on where the first stopped', async () => {
  const companions = [sealCompanion({ keyFile: undefined }, { ...TEN, everyMs: 50 })];
  const first = await startSystem(rig.redis, { portfolio, companions });
  const second = await startSystem(rig.redis, { portfolio, companions, workerName: 'second' });
  await rig.decide(20);
  await until('two seals', async () => (await rig.sealed()).length === 2);
  await first.stop();
  await rig.decide(20);
  await until('four seals', async () => (await rig.sealed()).length === 4);
  await second.stop();
  expect((await rig.sealed()).map(({ seal: number, count }) => `${number} ${count}`)).toEqual([
    '1 10',
    '2 10',
    '3 10',
    '4 10',
  ]);
  expect(await rig.run(['verify'])).toMatchObject({ code: 0 });
  expect([...first.lines, ...second.lines].filter((line) => line.includes('not sealed'))).toEqual([]);
});
