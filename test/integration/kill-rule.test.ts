import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killIsOn } from '../../handlers/common/governor-state.ts';
import { text } from '../../handlers/contract/reads.ts';
import { setKill } from '../../runtime/desk/switches/kill.ts';
import { type FactViews, readFacts } from '../../runtime/engine/lane/facts.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { keys } from '../../schemas/keys.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const portfolio = portfolioOf('quantum');
const [KILL, SEEN] = [portfolio.key(keys.kill), portfolio.key(keys.killSeen)];
const VIEWS: FactViews = { catchUp: () => expect.fail('no view is read'), compute: () => expect.fail('none computed') };
/** Commands that leave a key of every type there is but a string. */
const OTHER_TYPES = [
  ['RPUSH', '0'],
  ['SADD', '0'],
  ['HSET', '0', '0'],
  ['ZADD', '0', '0'],
  ['XADD', '*', '0', '0'],
] as const;
const TEXTS = [
  '',
  '0',
  '1',
  ' ',
  ' 0',
  '0 ',
  '0\n',
  '00',
  '-0',
  '0.0',
  'off',
  'OFF',
  'false',
  'no',
  'true',
  'on',
  'ON',
  '\0',
];

type Content = Buffer | (typeof OTHER_TYPES)[number] | null;
const content: fc.Arbitrary<Content> = fc.oneof(
  fc.constantFrom(...TEXTS.map((one) => Buffer.from(one)), ...OTHER_TYPES, null),
  fc.string({ unit: fc.constantFrom('0', '1', ' ', '\t', 'o', 'f', 'F'), maxLength: 4 }).map((one) => Buffer.from(one)),
  fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
);

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

async function put(key: string, found: Content): Promise<void> {
  await redis.client.del(key);
  if (found === null) return;
  if (Buffer.isBuffer(found)) await redis.client.set(key, found);
  else await redis.client.call(found[0], key, ...found.slice(1));
}

/** Whether the gates take the switch for on, as they read it, and what was reported of it last. */
async function byTheGates(): Promise<{ on: boolean; reported: boolean }> {
  const about = { gate: 'governor', tokenKey: 'token', reads: [{ kill: text(keys.kill), seen: text(keys.killSeen) }] };
  const facts = (await readFacts(redis.client, portfolio, VIEWS, about)).of(about.reads[0] ?? {}, {});
  const { kill, seen } = facts as Record<'kill' | 'seen', { text: string | null; wrongType: boolean }>;
  return { on: killIsOn(kill), reported: killIsOn(seen) };
}

/** What the operator's script takes them for: what it says it found, and whether it had to tell of the change. */
async function byTheScript(to: boolean): Promise<{ on: boolean; told: boolean }> {
  const events = portfolio.streamKey('governor.events');
  await redis.client.del(events);
  const { before } = await setKill(redis.client, portfolio, to, { actor: 'me', reason: 'a test' });
  return { on: before === 'on', told: (await redis.client.xlen(events)) === 1 };
}

test('the gates and the script that sets the kill switch agree on what is on, whatever is in its keys', async () => {
  const found = new Set<boolean>();
  await fc.assert(
    fc.asyncProperty(content, content, fc.boolean(), async (kill, seen, to) => {
      await put(KILL, kill);
      await put(SEEN, seen);
      const { on, reported } = await byTheGates();
      found.add(on);
      expect(await byTheScript(to)).toEqual({ on, told: reported !== to });
    }),
    {
      numRuns: 500,
      examples: [...TEXTS.map((one) => Buffer.from(one)), ...OTHER_TYPES, null].map(
        (one) => [one, one, true] as [Content, Content, boolean],
      ),
    },
  );
  expect(found).toEqual(new Set([true, false]));
});
