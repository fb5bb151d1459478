import { setTimeout as pause } from 'node:timers/promises';
import { fieldsOf } from '../../../schemas/wire.ts';
import { inputs, outputs, readers, SYMBOLS } from '../names.ts';
import type { Rig } from '../rig.ts';
import type { Fault } from './fault.ts';

const ASIDE = 'chaos:aside';
const UNDER_WAY_MS = 300;

/** Puts a key of another type in the way for a while, and what was there back. */
async function inTheWay({ server: { client } }: Rig, key: string, ms: number): Promise<void> {
  // In one transaction, whose RENAME alone fails where nothing is there: what is written meanwhile must not be overwritten.
  const [[missing] = []] = (await client.multi().rename(key, ASIDE).set(key, 'in the way').exec()) ?? [];
  const there = missing === null;
  await pause(ms);
  const back = client.multi().del(key);
  if (there) back.rename(ASIDE, key);
  await back.exec();
}

/** Deletes a stream; what was in it up to then counts no more, but for what its events said of permits. */
async function deleteStream({ server: { client }, load, deleted, deletedEvents }: Rig, key: string): Promise<void> {
  const remove = async () => {
    const [[, found] = []] = (await client.multi().xrange(key, '-', '+').del(key).exec()) ?? [];
    const entries = (found as [string, string[]][] | undefined) ?? [];
    const last = entries.at(-1)?.[0];
    if (last !== undefined) deleted.set(key, last);
    if (key === outputs.events) deletedEvents.push(...entries.map(([id, flat]) => ({ id, fields: fieldsOf(flat) })));
  };
  await load.without(remove, false);
}

/** Returns the Unix ms, by Redis's clock, right after the switch was set. */
async function switchKill({ server: { client } }: Rig, value: string): Promise<number> {
  const [, [, time] = []] = (await client.multi().set('quantum:kill', value).time().exec()) ?? [];
  const [seconds, micros] = time as [string | number, string | number];
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

/** Each time while a permit is on its way to its commit. */
async function killSwitch(rig: Rig): Promise<void> {
  for (let times = 0; times < 4; times += 1) {
    await Promise.race([rig.link.holdRequest('quantum:permit:', UNDER_WAY_MS), pause(1_000)]);
    const fromMs = await switchKill(rig, '1');
    await pause(rig.dice.between(UNDER_WAY_MS, 2 * UNDER_WAY_MS));
    rig.killed.push({ fromMs, toMs: await switchKill(rig, '0') });
    await pause(rig.dice.between(200, 500));
  }
}

async function full({ server: { client } }: Rig): Promise<void> {
  await client.config('SET', 'maxmemory', '1');
  await pause(1_500);
  await client.config('SET', 'maxmemory', '0');
}

/** What happens to Redis itself; one of these at a time. */
const faults: readonly Fault[] = [
  {
    name: 'redis-kill',
    mixes: true,
    happen: async ({ server, dice }) => {
      await server.kill();
      await pause(dice.between(50, 800));
      await server.startAgain();
    },
  },
  {
    name: 'client-kill',
    mixes: true,
    happen: async ({ server }) => {
      for (let times = 0; times < 5; times += 1) {
        await server.client.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await pause(200);
      }
    },
  },
  {
    name: 'script-flush',
    mixes: true,
    happen: async ({ server }) => {
      for (let times = 0; times < 5; times += 1) {
        await server.client.script('FLUSH');
        await pause(200);
      }
    },
  },
  {
    name: 'flushall',
    mixes: false,
    happen: async ({ server, load, deleted, deletedEvents }) => {
      await load.without(() => server.client.flushall(), true);
      deleted.clear();
      deletedEvents.length = 0;
    },
  },
  { name: 'delete-calibrated', mixes: true, happen: (rig) => deleteStream(rig, outputs.calibrated) },
  { name: 'delete-events', mixes: true, happen: (rig) => deleteStream(rig, outputs.events) },
  { name: 'delete-proposals', mixes: true, happen: (rig) => deleteStream(rig, inputs.proposals) },
  {
    name: 'group-destroyed',
    mixes: true,
    happen: async ({ server }) => {
      for (const { stream, group } of readers) {
        await server.client.xgroup('DESTROY', stream, group).catch(() => 0);
        await pause(150);
      }
    },
  },
  {
    name: 'wrong-type-stream',
    mixes: true,
    happen: (rig) => inTheWay(rig, rig.dice.pick(Object.values(outputs)), 1_500),
  },
  {
    name: 'wrong-type-keys',
    mixes: true,
    happen: async (rig) => {
      const own = rig.load.nextIds(40).flatMap((id) => [`quantum:harvest:heat:by_plan:${id}`, `quantum:permit:${id}`]);
      const ways = rig.server.client.pipeline();
      for (const key of own) ways.sadd(key, 'in the way');
      await ways.exec();
      await inTheWay(rig, `quantum:harvest:proposal:${rig.dice.pick(SYMBOLS)}`, 1_000);
    },
  },
  { name: 'out-of-memory', mixes: true, happen: full },
  { name: 'kill-switch', mixes: true, happen: killSwitch },
];

/** What happens to Redis itself; in a mix each waits for the one before it. */
export const serverFaults: readonly Fault[] = faults.map((fault) => ({
  ...fault,
  happen: (rig) => rig.alone(() => fault.happen(rig)),
}));
