import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { verifyLedger } from '../../runtime/desk/ledger/ledger.ts';
import { setKill } from '../../runtime/desk/switches/kill.ts';
import { setTradingState } from '../../runtime/desk/switches/trading-state.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { runCli } from '../support/cli.ts';
import { GovernorRig } from '../support/governor-rig.ts';
import { chained } from '../support/ledger.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

const portfolio = portfolioOf('quantum');
const LEDGER = 'quantum:stream:ops.ledger';
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

async function changes(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    await setKill(redis.client, portfolio, at % 2 === 0, { actor: 'ada', reason: `drill ${at} – ünïcode` });
  }
}

async function entries(): Promise<[string, string[]][]> {
  return await redis.client.xrange(LEDGER, '-', '+');
}

async function rewrite(list: readonly (readonly [string, readonly string[]])[]): Promise<void> {
  await redis.client.del(LEDGER);
  for (const [id, flat] of list) await redis.client.xadd(LEDGER, id, ...flat);
}

async function problems(head?: string): Promise<string[]> {
  const verdict = await verifyLedger(redis.client, portfolio, head);
  expect(verdict.whole).toBe(verdict.problems.length === 0);
  return verdict.problems.map(({ problem }) => problem);
}

function replaced(flat: readonly string[], name: string, value: string): string[] {
  return flat.map((text, at) => (flat[at - 1] === name && at % 2 === 1 ? value : text));
}

test('no entry yet is a whole ledger', async () => {
  expect(await verifyLedger(redis.client, portfolio)).toEqual({
    whole: true,
    entries: 0,
    unchained: 0,
    seq: 0,
    head: '',
    problems: [],
  });
});

test('entries are numbered, name the hash of the one before, and are verified', async () => {
  await changes(3);
  const found = (await entries()).map(([, flat]) => fieldsOf(flat));
  expect(found.map(({ seq }) => seq)).toEqual(['1', '2', '3']);
  expect(found.map(({ prev }) => prev)).toEqual(['', found[0]?.hash, found[1]?.hash]);
  const verdict = await verifyLedger(redis.client, portfolio, found[1]?.hash ?? '');
  expect(verdict).toMatchObject({ whole: true, entries: 3, seq: 3, head: found[2]?.hash });
});

test('changes made at the same time by several are one chain', async () => {
  const both = [redis.client, redis.client.duplicate()];
  await Promise.all(
    Array.from({ length: 100 }, (_, at) =>
      setTradingState(both[at % 2] ?? redis.client, portfolio, at % 3 === 0 ? 'REDUCING' : 'ACTIVE', {
        actor: `operator ${at % 2}`,
        reason: 'race',
      }),
    ),
  );
  both[1]?.disconnect();
  const verdict = await verifyLedger(redis.client, portfolio);
  expect(verdict).toMatchObject({ whole: true, problems: [] });
  expect(verdict.entries).toBeGreaterThan(1);
});

test('what the governor sees by itself and what an operator does are one chain', async () => {
  const rig = await GovernorRig.start();
  try {
    await rig.worker();
    const change = { actor: 'ada', reason: 'drill' };
    for (let round = 1; round <= 3; round += 1) {
      await rig.client.set('quantum:kill', '1');
      await until('the switch to be reported', async () => (await rig.client.xlen(LEDGER)) === round * 2 - 1);
      await setKill(rig.client, portfolio, false, change);
    }
    const verdict = await verifyLedger(rig.client, portfolio);
    expect(verdict).toMatchObject({ whole: true, problems: [], entries: 6, seq: 6 });
  } finally {
    await rig.stop();
  }
});

test('more entries than one page are walked', async () => {
  await changes(1_100);
  expect(await verifyLedger(redis.client, portfolio)).toMatchObject({ whole: true, entries: 1_100, seq: 1_100 });
});

test.each([
  ...['actor', 'reason', 'before', 'after', 'timestamp', 'actor_known', 'seq', 'prev', 'prev_sha256', 'sha256', 'hash'],
])('an entry whose %s was altered breaks the chain', async (name) => {
  await changes(5);
  await rewrite((await entries()).map(([id, flat], at) => [id, at === 2 ? replaced(flat, name, '7') : flat]));
  expect(await problems()).not.toEqual([]);
});

test('an altered entry with a hash made to fit is found by the entry after it', async () => {
  await changes(2);
  const [first] = await entries();
  const altered = replaced(first?.[1] ?? [], 'actor', 'eve');
  const forged = chained([['1-0', altered]])[0]?.[1] ?? [];
  await rewrite((await entries()).map(([id, flat], at) => [id, at === 0 ? forged : flat]));
  expect(await problems()).toEqual(['does not follow the entry before it: that one was altered or exchanged']);
});

test('of an entry of any length the SHA-256 is the one that Node gives', async () => {
  const lengths = [...Array.from({ length: 140 }, (_, at) => at), 1_000, 5_000];
  for (const length of lengths) {
    await setKill(redis.client, portfolio, length % 2 === 0, { actor: 'ada', reason: 'é'.repeat(length) });
  }
  const list = await entries();
  const [last] = list.slice(-1);
  expect(list.length).toBe(lengths.length);
  expect(chained(list)).toEqual(list);
  expect(await verifyLedger(redis.client, portfolio, fieldsOf(last?.[1] ?? []).sha256)).toMatchObject({ whole: true });
});

test('a chain of an older release verifies, goes on by SHA-256, and so does one that an older release goes on with', async () => {
  await changes(3);
  await rewrite(chained(await entries(), { sha1Only: true }));
  expect(await problems()).toEqual([]);
  await changes(2);
  expect((await entries()).map(([, flat]) => fieldsOf(flat).sha256 !== undefined)).toEqual([
    false,
    false,
    false,
    true,
    true,
  ]);
  expect(await problems()).toEqual([]);
  const found = await entries();
  const older = chained([...found, ['99999999999999-0', found[0]?.[1] ?? []]], { sha1Only: true }).at(-1)?.[1] ?? [];
  const prev = fieldsOf(found.at(-1)?.[1] ?? []).hash ?? '';
  const texts = replaced(older, 'prev', prev).slice(0, -2);
  const digest = texts.map((text) => `${Buffer.byteLength(text)}:${text}`).join('');
  const hash = (await redis.client.eval('return redis.sha1hex(ARGV[1])', 0, digest)) as string;
  await redis.client.xadd(LEDGER, '*', ...texts, 'hash', hash);
  await changes(1);
  expect(await problems()).toEqual([]);
});

test('every entry says how its actor was known', async () => {
  await changes(1);
  await runCli(redis.url, ['kill', 'on', '--reason', 'drill']);
  const found = (await entries()).map(([, flat]) => fieldsOf(flat).actor_known);
  expect(found).toEqual(['worker', `cli:${process.getuid?.()}`]);
});

test.each([
  { what: 'the first', gone: [0], said: 'expected number 1, got 2: one entry is gone' },
  { what: 'two in the middle', gone: [1, 2], said: 'expected number 2, got 4: 2 entries are gone' },
])('$what deleted is named', async ({ gone, said }) => {
  await changes(5);
  const ids = (await entries()).map(([id]) => id);
  for (const at of gone) await redis.client.xdel(LEDGER, ids[at] ?? '');
  expect(await problems()).toEqual([said]);
});

test('the newest deleted is noticed', async () => {
  await changes(3);
  const [, second, third] = (await entries()).map(([id]) => id);
  await redis.client.xdel(LEDGER, third ?? '');
  expect(await problems()).toEqual([`the newest entries are gone: ${third} was written, the newest is ${second}`]);
});

test('two entries exchanged are noticed', async () => {
  await changes(4);
  const list = await entries();
  const ids = list.map(([id]) => id);
  const flats = [0, 2, 1, 3].map((at) => list[at]?.[1] ?? []);
  await rewrite(flats.map((flat, at) => [ids[at] ?? '', flat]));
  expect(await problems()).toContain('expected number 2, got 3: one entry is gone');
});

test('an entry put there by other means is named, and so is the chain that begins anew behind it', async () => {
  await changes(2);
  await redis.client.xadd(LEDGER, '*', 'action', 'mode', 'actor', 'eve');
  await changes(1);
  const found = await problems();
  expect(found[0]).toBe('was put there by other means: it has no hash');
  expect(found).toHaveLength(3);
});

test('a whole new chain is told from the old one by a hash noted before', async () => {
  await changes(2);
  const { head } = await verifyLedger(redis.client, portfolio);
  await redis.client.del(LEDGER);
  await changes(1);
  expect(await problems()).toEqual([]);
  expect(await problems(head)).toEqual([`no entry has the hash ${head}`]);
});

test('entries from before the chain are counted and not taken for a break', async () => {
  await redis.client.xadd(LEDGER, '*', 'action', 'mode', 'actor', 'ada');
  await changes(1);
  expect(await verifyLedger(redis.client, portfolio)).toMatchObject({ whole: true, entries: 2, unchained: 1, seq: 1 });
});

test('a ledger of another type does not keep the kill switch from being set', async () => {
  await redis.client.set(LEDGER, 'x');
  const change = { actor: 'ada', reason: 'exchange is down' };
  expect(await setKill(redis.client, portfolio, true, change)).toMatchObject({ after: 'on', recorded: false });
});

test('the command shows the newest entries, since a moment too', async () => {
  await changes(3);
  const { code, out } = await runCli(redis.url, ['ledger', '--last', '2', '--since', '1h']);
  expect(code).toBe(0);
  expect(out.split('\n').map((line) => line.slice(0, 3))).toEqual(['NO.', '2  ', '3  ', '']);
  expect(out).toContain('drill 2');
  const none = await runCli(redis.url, ['ledger', '--since', '2199-01-01']);
  expect(none.out).toBe('No changes.\n');
});

test('--verify says whole with the newest hash, and exits with 1 when it is broken', async () => {
  await changes(2);
  const whole = await runCli(redis.url, ['ledger', '--verify']);
  expect(whole).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Whole: 2 entries\.\nHash of the newest: [0-9a-f]{40}\n$/),
  });
  const [first] = await entries();
  await redis.client.xdel(LEDGER, first?.[0] ?? '');
  const broken = await runCli(redis.url, ['ledger', '--verify']);
  expect(broken).toMatchObject({ code: 1, out: expect.stringContaining('BROKEN: 1 entry.\n') });
  expect(JSON.parse((await runCli(redis.url, ['ledger', '--verify', '--json'])).out)).toMatchObject({ whole: false });
});

test.each(['', '7', '7w', 'yesterday', '2026-13-01', '2026-01-31T25:00'])('--since %j is refused', async (text) => {
  const { code, err } = await runCli(redis.url, ['ledger', '--since', text]);
  expect(code).toBe(2);
  expect(err).toContain('expected a span such as 30m, 48h or 7d, or a time such as 2026-01-31T08:00:00Z');
});
