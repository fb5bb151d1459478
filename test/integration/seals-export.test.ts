import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ledgerAnchorCompanion } from '../../runtime/desk/ledger/anchor-keeper.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runCli } from '../support/cli.ts';
import { LOG } from '../support/facts-rig.ts';
import { until } from '../support/redis.ts';
import { edited, SEAL_KEY, SealRig, TEN } from '../support/seal-rig.ts';

import { startSystem } from '../support/system.ts';

const LEDGER = 'p:stream:ops.ledger';

let rig: SealRig;
beforeEach(async () => {
  rig = await SealRig.start();
});
afterEach(async () => rig.stop());

test.each([
  { front: 4, trimmed: 'Trimmed, seal stands: 1 range at the front.' },
  { front: 10, trimmed: 'Trimmed, seal stands: 1 range at the front.' },
  { front: 13, trimmed: 'Trimmed, seal stands: 2 ranges at the front.' },
])(
  'what retention took from the front ($front decisions) is trimmed, and the seal stands',
  async ({ front, trimmed }) => {
    await rig.decide(25);
    await rig.seal();
    const log = await rig.log();
    await rig.redis.client.xtrim(LOG, 'MINID', log[front]?.[0] ?? '');
    const held = await rig.run(['verify'], { STREAM_MAX_LEN: String(25 - front) });
    expect(held).toMatchObject({ code: 0, out: expect.stringContaining(trimmed) });
    const file = join(rig.folder, 'export.jsonl');
    await writeFile(file, (await rig.run(['export', '--seal'])).out);
    const cut = front % 10 === 0 ? '' : trimmed.replace('2 ranges', '1 range');
    expect(await rig.run(['verify', file])).toMatchObject({ code: 0, out: expect.stringContaining(cut) });
    expect((await rig.run(['verify'], { STREAM_MAX_LEN: String(26 - front) })).code).toBe(1);
  },
);

test('an export with seals is verified without Redis, and read by replay and report like every export', async () => {
  await rig.decide(25);
  await rig.seal();
  const log = await rig.log();
  const file = join(rig.folder, 'export.jsonl');
  const { code, out, err } = await rig.run(['export', '--seal']);
  expect({ code, err }).toEqual({ code: 0, err: '25 decisions\n' });
  await writeFile(file, out);
  const offline = (environment = {}) =>
    runCli('redis://127.0.0.1:1', ['verify', file], {
      environment: { PORTCULLIS_DATA_DIR: rig.folder, ...environment },
    });
  const whole = await offline();
  expect(whole).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Whole: 25 decisions, 2 seals, 5 not sealed yet\.\n/),
  });
  expect(whole.out).toContain('Held to nothing but itself');
  const plain = (await rig.run(['export'])).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  const decisions = out.split('\n').filter((line) => line.startsWith('{"id"'));
  expect(decisions.map((line) => JSON.parse(line) as object)).toMatchObject(plain);
  await writeFile(file, out.replace(/\{"id":[^\n]*\\"heat\\":8[^\n]*\n/, ''));
  expect((await offline()).out).toContain(`decision ${log[9]?.[0]} is gone`);
  const { out: counted } = await rig.run(['replay', '--file', file, '--json']);
  expect(counted).not.toBe('');
});

test('a time range is widened to whole sealed ranges', async () => {
  await rig.decide(30);
  await rig.seal();
  const log = await rig.log();
  const at = new Date(Number(log[15]?.[0].split('-')[0])).toISOString();
  const file = join(rig.folder, 'export.jsonl');
  for (const range of [
    ['--since', at],
    ['--until', at],
    ['--since', at, '--until', at],
  ]) {
    const { out } = await rig.run(['export', '--seal', ...range]);
    await writeFile(file, out);
    expect(out).toContain(`"id":"${log[10]?.[0]}"`);
    expect(await rig.run(['verify', file])).toMatchObject({ code: 0 });
  }
});

test.each([
  ['--seal', '--raw'],
  ['--seal', '--verdict', 'PASS'],
])('export %s %s is refused', async (...options) => {
  expect(await rig.run(['export', ...options])).toMatchObject({
    code: 2,
    err: expect.stringContaining('without a filter'),
  });
});

test('seals rewritten with the log are found by the key, which Redis never has', async () => {
  const keyFile = join(rig.folder, 'key');
  await writeFile(keyFile, SEAL_KEY);
  const held = { LEDGER_KEY_FILE: keyFile };
  await rig.decide(25);
  await rig.seal(TEN, SEAL_KEY);
  expect(await rig.run(['verify'], held)).toMatchObject({ code: 0 });
  expect(await rig.run(['ledger', '--verify'], held)).toMatchObject({ code: 0 });
  for (const key of await rig.redis.client.keys('*')) {
    expect(String(await rig.redis.client.dumpBuffer(key)).includes('thirty-two')).toBe(false);
  }
  await rig.rewrite(
    LOG,
    (await rig.log()).map((one, at) => (at === 14 ? edited(one) : one)),
  );
  await rig.redis.client.del(LEDGER);
  await rig.seal(TEN, 'another key of over thirty-two characters');
  expect(await rig.run(['verify'])).toMatchObject({ code: 0 });
  const found = await rig.run(['verify'], held);
  expect(found).toMatchObject({ code: 1, out: expect.stringContaining('has another mark than LEDGER_KEY_FILE gives') });
});

test('log and ledger made anew, and an export of them, are found by the heads kept outside Redis; so is all of it deleted', async () => {
  const keep = ledgerAnchorCompanion({ folder: rig.folder, keyFile: undefined, url: undefined });
  const file = join(rig.folder, 'export.jsonl');
  await rig.decide(25);
  await rig.seal();
  const log = await rig.log();
  const worker = await startSystem(rig.redis, { portfolio: portfolioOf('p'), companions: [keep] });
  await until('the head to be kept', () => worker.lines.some((line) => line.includes('; seal 2, hash ')));
  await worker.stop();
  await writeFile(file, (await rig.run(['export', '--seal'])).out);
  expect(await rig.run(['verify', file])).toMatchObject({ code: 0, out: expect.stringContaining('Held to 1 head of') });
  expect(await rig.run(['verify'])).toMatchObject({ code: 0 });
  await rig.rewrite(
    LOG,
    log.map((one, at) => (at === 14 ? edited(one) : one)),
  );
  await rig.redis.client.del(LEDGER);
  await rig.seal();
  await writeFile(file, (await rig.run(['export', '--seal'])).out);
  const anew = { code: 1, out: expect.stringMatching(/seal 2,? .*another one.*it was written anew/) };
  expect(await rig.run(['verify', file])).toMatchObject(anew);
  expect(await rig.run(['verify'])).toMatchObject(anew);
  expect(await rig.run(['ledger', '--verify'])).toMatchObject({
    code: 1,
    out: expect.stringContaining('is another seal 2 than at'),
  });
  await rig.redis.client.del(LEDGER, LOG);
  expect(await rig.run(['verify'])).toMatchObject({
    code: 1,
    out: expect.stringMatching(/seal 2, which was kept at \S+, is gone/),
  });
});

test('decisions that no one has sealed for twenty minutes are a problem, and of the twentieth minute none', async () => {
  await rig.redis.client.xadd(LOG, `${Date.now() - 19 * 60_000}-0`, 'verdict', 'PASS');
  expect(await rig.run(['verify'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Whole: 1 decision, 0 seals, 1 not/),
  });
  await rig.redis.client.del(LOG);
  await rig.redis.client.xadd(LOG, `${Date.now() - 20 * 60_000 - 1}-0`, 'verdict', 'PASS');
  expect(await rig.run(['verify'])).toMatchObject({
    code: 1,
    out: expect.stringContaining('have no seal: nothing seals'),
  });
});

test('a file that is none is refused in words', async () => {
  const file = join(rig.folder, 'export.jsonl');
  await rig.decide(2);
  await writeFile(file, (await rig.run(['export'])).out);
  expect(await rig.run(['verify', file])).toMatchObject({ code: 2, err: expect.stringContaining('export --seal') });
  expect(await rig.run(['verify', join(rig.folder, 'none')])).toMatchObject({ code: 2 });
  expect(await rig.run(['verify', '--head', 'x'])).toMatchObject({ code: 2 });
});
