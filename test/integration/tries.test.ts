import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fileDecisions } from '../../runtime/desk/decisions/decision-file.ts';
import type { TimedReplay } from '../../runtime/desk/replay/index.ts';
import { noteCandidate, redisTries } from '../../runtime/desk/replay/tries.ts';
import type { HeatReport, PlanReport } from '../../runtime/desk/report/gate-report.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { DAY_MS } from '../../schemas/duration.ts';
import { type AclUsers, setAclUsers } from '../support/acl-users.ts';
import { runCli } from '../support/cli.ts';
import { MONTH } from '../support/month-report.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const TRIES = 'quantum:portcullis:tries:heat-gate';
const LOG = 'quantum:stream:decisions';
const WHOLE = ['--since', '2021-05-01'];

let redis: TestRedis;
let users: AclUsers;
let folder: string;

beforeAll(async () => {
  redis = await startRedis();
  users = await setAclUsers(redis);
  folder = await mkdtemp(join(tmpdir(), 'portcullis-tries-'));
  await logMonth((id) => id);
});
afterAll(async () => {
  users.close();
  await redis.stop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => redis.client.del(TRIES));

async function logMonth(idOf: (id: string) => string): Promise<void> {
  for await (const { decisions } of fileDecisions(MONTH)) {
    const adding = redis.client.pipeline();
    for (const { id, fields } of decisions) adding.xadd(LOG, idOf(id), ...Object.entries(fields).flat());
    await adding.exec();
  }
}

async function policy(heatMin: string): Promise<readonly string[]> {
  const path = join(folder, `${heatMin}.json`);
  await writeFile(path, JSON.stringify({ 'heat-gate': { settings: { HEAT_MIN: heatMin } } }));
  return ['--policy', path];
}

async function replayed(url: string, argv: readonly string[]) {
  const { out, err, code } = await runCli(url, ['replay', '--json', ...argv]);
  if (code !== 0) throw new Error(`expected a replay, got ${code}: ${err}`);
  return { err, found: JSON.parse(out) as TimedReplay & { readonly try_counted: boolean | null } };
}

async function sharpeOf(url: string) {
  const { out, code } = await runCli(url, ['report', 'heat-gate', '--json', ...WHOLE]);
  expect(code).toBe(0);
  return (JSON.parse(out) as HeatReport).uncertainty.sharpe;
}

test('a policy is one try from its first to its last day, and another is another', async () => {
  const kept = redisTries(redis.client, portfolioOf('quantum'));
  const noted = async (name: string, first: number, last: number) =>
    await kept.note({ gate: 'heat-gate', policy: name, days: [first, last] });
  await noted('a', 10, 12);
  await noted('a', 14, 15);
  await noted('b', 20, 20);
  const on = async (from: number, to: number) =>
    (await kept.on('heat-gate', { fromMs: from * DAY_MS, toMs: to * DAY_MS + DAY_MS - 1 }))?.size;
  const spans = [on(0, 9), on(0, 10), on(13, 13), on(15, 20), on(16, 19), on(20, 20), on(21, 30)];
  expect(await Promise.all(spans)).toEqual([0, 1, 1, 2, 0, 1, 0]);
  expect(await kept.on('governor', { fromMs: 0, toMs: Date.now() })).toEqual(new Set());
  expect(await redis.client.pttl(TRIES)).toBeGreaterThan(399 * DAY_MS);
  for (let at = 2; at < 10_000; at += 1_000) {
    const many = Array.from({ length: Math.min(1_000, 10_000 - at) }, (_, nth) => [`p${at + nth}`, '1 1']);
    await redis.client.hset(TRIES, ...many.flat());
  }
  await noted('b', 21, 21);
  await expect(noted('c', 20, 20)).rejects.toThrow(`expected fewer than 10000 policies in ${TRIES}, got more`);
  expect(await redis.client.hlen(TRIES)).toBe(10_000);
});

test('replays count each policy once beside the one in force, and the report says how many there were', async () => {
  expect((await replayed(users.urlOf('portcullis'), [])).found.try_counted).toBeNull();
  expect(await sharpeOf(users.urlOf('portcullis'))).toMatchObject({ tries: 1, days: 31, sharpe_of_luck: 0 });
  for (const heatMin of ['0.3', '0.31', '0.30']) {
    expect(await replayed(users.urlOf('portcullis'), await policy(heatMin))).toMatchObject({
      err: '',
      found: { try_counted: true },
    });
  }
  expect(await redis.client.hlen(TRIES)).toBe(3);
  await replayed(users.urlOf('portcullis'), [...(await policy('0.32')), '--until', '2021-04-30']);
  expect(await redis.client.hlen(TRIES)).toBe(3);
  const sharpe = await sharpeOf(users.urlOf('portcullis'));
  expect(sharpe).toMatchObject({ tries: 3, days: 31 });
  expect(sharpe.deflated).toBeLessThan(0.5);
  const { out } = await runCli(users.urlOf('portcullis'), ['report', 'governor', '--json', ...WHOLE]);
  expect((JSON.parse(out) as PlanReport).plan_money.sharpe.tries).toBe(1);
  const text = await runCli(users.urlOf('portcullis'), ['report', 'heat-gate', ...WHOLE]);
  expect(text.out).toContain('3 policies tried on these days: Sharpe ratio of 31 days');
});

test('whoever may only read replays and reports all the same, and is told that the try is not counted', async () => {
  await replayed(users.urlOf('portcullis'), await policy('0.3'));
  const { err, found } = await replayed(users.urlOf('monitor'), await policy('0.4'));
  expect(found).toMatchObject({ decisions: 1125, try_counted: false });
  expect(err).toMatch(/^portcullis: this policy is not counted among those tried on these days.*NOPERM/);
  expect(await sharpeOf(users.urlOf('monitor'))).toMatchObject({ tries: 2 });
  expect(await redis.client.hlen(TRIES)).toBe(2);
});

test('where the count cannot be read it is said to be unknown, and nothing is deflated', async () => {
  await redis.client.set(TRIES, 'no hash');
  expect((await replayed(users.urlOf('portcullis'), await policy('0.3'))).err).toContain('WRONGTYPE');
  const sharpe = await sharpeOf(users.urlOf('portcullis'));
  expect(sharpe).toMatchObject({ tries: null, sharpe_of_luck: null, deflated: null });
  expect(sharpe.sharpe).not.toBeNull();
});

test('a preview of other limits is a try on the days it was judged on, for whoever may write', async () => {
  const set = async (url: string, limit: string) =>
    await runCli(url, ['policy', 'set', limit, '--gate', 'heat-gate', '--reason', 'a look']);
  await set(users.urlOf('portcullis'), 'HEAT_MIN=0.3');
  expect(await redis.client.exists(TRIES)).toBe(0);
  let at = 0;
  await logMonth(() => `${Date.now()}-${at++}`);
  await set(users.urlOf('portcullis'), 'HEAT_MIN=0.3');
  expect(await redis.client.hlen(TRIES)).toBe(2);
  expect((await set(users.urlOf('monitor'), 'HEAT_MIN=0.4')).err).toContain('Reports will not count these limits');
  expect(await redis.client.hlen(TRIES)).toBe(2);
});

describe('a candidate', () => {
  const portfolio = portfolioOf('quantum');
  const TODAY = 20_000;
  const STILL = '9999999';
  const note = async (day: number, ...settings: object[]) => {
    const rules = settings.map((one) => ({ settings: one, mode: undefined }));
    return await noteCandidate({ redis: redis.client, portfolio, nowMs: day * DAY_MS + 5 }, 'heat-gate', rules);
  };
  const spans = async () => Object.values(await redis.client.hgetall(TRIES)).sort();

  test('is tried from its first day until another takes its place, and so is what was in force beside it', async () => {
    const [inForce, first, second] = [{ HEAT: 1 }, { HEAT: 2 }, { HEAT: 3 }];
    expect(await note(TODAY)).toBeUndefined();
    expect(await redis.client.exists(TRIES)).toBe(0);
    await note(TODAY, inForce, first);
    expect(await spans()).toEqual([`${TODAY} ${STILL}`, `${TODAY} ${STILL}`]);
    await note(TODAY + 3, inForce, second);
    expect(await spans()).toEqual([`${TODAY} ${TODAY + 3}`, `${TODAY} ${STILL}`, `${TODAY + 3} ${STILL}`]);
    await note(TODAY + 5);
    expect(await spans()).toEqual([`${TODAY} ${TODAY + 3}`, `${TODAY} ${TODAY + 5}`, `${TODAY + 3} ${TODAY + 5}`]);
    expect(await redis.client.pttl(TRIES)).toBeGreaterThan(399 * DAY_MS);
    const on = async (day: number) =>
      await redisTries(redis.client, portfolio).on('heat-gate', { fromMs: day * DAY_MS, toMs: day * DAY_MS });
    const counts = await Promise.all([TODAY - 1, TODAY, TODAY + 3, TODAY + 4, TODAY + 5, TODAY + 6].map(on));
    expect(counts.map((tried) => tried?.size)).toEqual([0, 2, 3, 2, 2, 0]);
  });

  test('is noted by the command that puts it there, as the same limits are by a preview', async () => {
    const url = users.urlOf('portcullis');
    const put = async (...argv: readonly string[]) =>
      await runCli(url, ['policy', 'candidate', ...argv, '--gate', 'heat-gate', '--reason', 'a look']);
    expect(await put('HEAT_MIN=0.37')).toMatchObject({ code: 0, err: '' });
    const noted = await redis.client.hgetall(TRIES);
    expect(Object.values(noted)).toEqual(Array(2).fill(expect.stringMatching(/^\d{5} 9999999$/)));
    let at = 0;
    await logMonth(() => `${Date.now()}-${at++}`);
    const impact = await runCli(url, ['policy', 'set', 'HEAT_MIN=0.37', '--gate', 'heat-gate', '--reason', 'a look']);
    expect(impact.err).toContain('decisions of the last 24 h');
    expect(await redis.client.hgetall(TRIES)).toEqual(noted);
    expect(await put('--clear')).toMatchObject({ code: 0, err: '' });
    expect(Object.values(await redis.client.hgetall(TRIES))).not.toContain(expect.stringContaining(STILL));
    await redis.client.del(TRIES);
    await redis.client.set(TRIES, 'no hash');
    expect((await put('HEAT_MIN=0.38')).err).toContain('this policy is not counted among those tried on these days');
  });
});
