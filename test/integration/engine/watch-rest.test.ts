import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { nothing, type Outcome } from '../../../handlers/contract/effects.ts';
import { type AnyHandler, defineHandler, watch } from '../../../handlers/contract/handler.ts';
import { hash, text } from '../../../handlers/contract/reads.ts';
import { luaText } from '../../../runtime/redis/lua.ts';
import { GovernorSettings, governorSettingNames } from '../../../schemas/governor.ts';
import { EngineRig } from '../../support/engine-rig.ts';
import { startRedis, until } from '../../support/redis.ts';
import { QUICK, type TestSystem } from '../../support/system.ts';

/** The script that looks at lanes at rest, as a server that ran it knows it. */
const LOOK = createHash('sha1')
  .update(luaText(new URL('../../../runtime/engine/lane/at-rest.lua', import.meta.url)))
  .digest('hex');
const INTERVAL_MS = 20;
const LONG_MS = 3_600_000;
const reads = { on: text('on'), beside: hash('beside') };

let rig: EngineRig;
beforeEach(async () => {
  rig = new EngineRig(await startRedis());
});
afterEach(() => rig.stop());

/** A handler on a timer that tells of each of its turns what it read, and rests on one of its two keys. */
function probe(turns: (string | null)[], outcome: Partial<Outcome> = { restsOn: ['on'] }): AnyHandler {
  return defineHandler<unknown, GovernorSettings, typeof reads>({
    name: 'probe',
    gate: 'governor',
    summary: 'Tells of its turns.',
    on: watch(INTERVAL_MS),
    message: z.looseObject({}),
    settings: GovernorSettings,
    settingNames: governorSettingNames,
    metrics: [],
    reads: () => reads,
    handle: (_turn, { facts }) => {
      turns.push(facts.on.text);
      return { ...nothing, ...outcome };
    },
    onFailure: () => nothing,
  }) as unknown as AnyHandler;
}

/** Looks of lanes at rest, by a command that their script runs. */
async function looks(): Promise<number> {
  return Number(/cmdstat_exists:calls=(\d+)/.exec(await rig.client.info('commandstats'))?.[1] ?? 0);
}

async function looked(times: number): Promise<void> {
  const before = await looks();
  await until('looks', async () => (await looks()) >= before + times);
}

async function begin(turns: (string | null)[], outcome?: Partial<Outcome>, restMs = LONG_MS): Promise<TestSystem> {
  const system = await rig.begin({ handlers: [probe(turns, outcome)], timings: { ...QUICK, restMs } });
  await until('a turn', () => turns.length > 0);
  return system;
}

test('turns are left out while nothing moves, and each change has its turn', async () => {
  const turns: (string | null)[] = [];
  await begin(turns);
  await looked(5);
  expect(await rig.client.script('EXISTS', LOOK)).toEqual([1]);
  expect(turns).toEqual([null]);
  await rig.client.hset('quantum:beside', 'any', 'thing');
  await looked(5);
  expect(turns).toEqual([null]);
  for (const value of ['1', '2', '']) {
    await rig.client.set('quantum:on', value);
    await until('a turn', () => turns.at(-1) === value);
  }
  await rig.client.del('quantum:on');
  await until('a turn', () => turns.at(-1) === null);
  const before = turns.length;
  await looked(5);
  expect(turns).toHaveLength(before);
});

test.each<[string, () => Promise<unknown>]>([
  ['its policy changes', () => rig.client.hset('quantum:policy:governor', 'settings', '{"GOV_MAX_POSITIONS":3}')],
  [
    'its policy has another newest version',
    () => rig.client.xadd('quantum:stream:policy.history:governor', '*', 'mode', 'x'),
  ],
  ['a key is of another type', () => rig.client.rpush('quantum:on', 'x')],
  ['all data are gone', () => rig.client.flushall()],
])('a turn comes when %s', async (_what, change) => {
  const turns: (string | null)[] = [];
  await rig.client.hset('quantum:policy:governor', { mode: 'testnet', version: 'v1' });
  await begin(turns);
  await looked(3);
  const before = turns.length;
  await change();
  await until('a turn', () => turns.length > before);
});

test('a turn comes after so long at most, though nothing moves', async () => {
  const turns: (string | null)[] = [];
  await begin(turns, { restsOn: ['on'] }, 10 * INTERVAL_MS);
  await until('many turns', () => turns.length >= 5);
});

test.each<[string, Partial<Outcome>]>([
  ['says of nothing that it rests on it', {}],
  ['has more to do', { restsOn: ['on'], more: true }],
  ['writes', { restsOn: ['on'], effects: [{ do: 'set', key: 'written', value: '1' }] }],
  ['says something', { restsOn: ['on'], log: [{ level: 'info', text: 'here' }] }],
])('no turn of a handler is left out that %s', async (_what, outcome) => {
  const turns: (string | null)[] = [];
  await begin(turns, outcome);
  await until('many turns', () => turns.length >= 20);
  expect(await rig.client.script('EXISTS', LOOK)).toEqual([0]);
});

test('a handler that rests on what is no key of its own is told so', async () => {
  const turns: (string | null)[] = [];
  const { lines } = await begin(turns, { restsOn: ['on', 'off'] });
  await until('a problem', () => lines.some((line) => line.includes('expected names of reads of keys, got on, off')));
});
