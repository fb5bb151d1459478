import { expect, test } from 'vitest';
import { clockGate } from '../support/gates.ts';
import { faultsAt, HandRig, type Moment } from '../support/hand-rig.ts';
import { until } from '../support/redis.ts';
import { entriesOf, metricOf, type TestSystem } from '../support/system.ts';
import { expectOnSchedule, tickEntries } from '../support/ticks.ts';

/** As test/support/worker.ts sets it. */
const INTERVAL_MS = 1_000;
const MADE = 'quantum:stream:tick.clock';
const DONE = 'quantum:stream:clock.out';
const MISSED = 'portcullis_ticks_missed_total{handler="clock"}';
const BEFORE = 2;
const AFTER = 4;

/** A moment, and what is true at it; and whether another worker commits meanwhile, as the one that stands still cannot. */
interface InHand extends Moment {
  readonly isCommitted?: boolean;
  readonly holds: (rig: HandRig, dueMs: number) => Promise<boolean>;
}

const moments: readonly InHand[] = [
  {
    name: 'before the next one is scheduled',
    mark: 'bull:portcullis:repeat\r\n',
    holds: async (rig, dueMs) => (await rig.nextDueMs('clock')) === dueMs,
  },
  {
    name: 'before it is put on its stream',
    mark: 'scheduled_ms\r\n',
    holds: async (rig, dueMs) => !(await dueOn(rig, MADE)).includes(dueMs),
  },
  {
    name: 'that is on its stream, unknown to it',
    mark: 'scheduled_ms\r\n',
    isDone: true,
    holds: async (rig, dueMs) => await until('it to be there', async () => (await dueOn(rig, MADE)).includes(dueMs)),
  },
  {
    name: 'whose work is committed, and whose job is not completed',
    mark: 'bull:portcullis:completed\r\n',
    isCommitted: true,
    holds: async (rig, dueMs) => await until('its work', async () => (await dueOn(rig, DONE)).includes(dueMs)),
  },
];

/** When the ticks of a stream were due, in its order. */
async function dueOn({ server: { client } }: HandRig, stream: string): Promise<number[]> {
  return (await entriesOf(client, stream)).map(({ fields }) => Number(fields.scheduled_ms));
}

/** Lets the worker behind the link come to the moment; resolves with when the tick that it then has in hand was due. */
async function tickInHand(rig: HandRig, moment: InHand): Promise<number> {
  await until(`${BEFORE} ticks`, async () => (await dueOn(rig, DONE)).length >= BEFORE);
  const dueMsOf = (job: string) => Number(job.split(':').at(-1));
  return dueMsOf(await rig.inHand(moment, (job) => moment.holds(rig, dueMsOf(job))));
}

/** How many ticks are left out between those that were made, from one of them on. */
function leftOut(made: readonly number[], from: number): number {
  let last = Math.max(...made.slice(0, from));
  let sum = 0;
  for (const dueMs of made.slice(from)) {
    sum += Math.max(Math.round((dueMs - last) / INTERVAL_MS) - 1, 0);
    last = Math.max(last, dueMs);
  }
  return sum;
}

/** The tick in hand is done once, the others go on once an interval, and those that were left out are counted. */
async function expectNothingLostOrDoubled(rig: HandRig, dueMs: number, systems: readonly TestSystem[]): Promise<void> {
  const { client } = rig.server;
  const before = (await dueOn(rig, MADE)).length;
  await until('the tick in hand to be done', async () => (await dueOn(rig, DONE)).includes(dueMs));
  await until('its job to be finished', async () => !(await rig.isActive(`repeat:every-clock:${dueMs}`)));
  const done = (await dueOn(rig, DONE)).length;
  await until(`${AFTER} more ticks`, async () => (await dueOn(rig, DONE)).length >= done + AFTER);
  const all = await tickEntries(client, DONE);
  expect(all.filter((tick) => tick.dueMs === dueMs)).toHaveLength(1);
  expect(new Set(all.map((tick) => tick.dueMs)).size).toBe(all.length);
  expectOnSchedule(
    all.filter((tick) => tick.dueMs > dueMs),
    INTERVAL_MS,
  );
  const missed = async () => {
    const counts = await Promise.all(systems.map((system) => metricOf(system, MISSED)));
    return counts.reduce((sum, one) => sum + one, 0);
  };
  const least = leftOut(await dueOn(rig, MADE), before);
  await until('what was left out to be counted', async () => (await missed()) >= least);
  expect(await missed()).toBeLessThanOrEqual(leftOut(await dueOn(rig, MADE), 1));
}

const handlers = [clockGate(INTERVAL_MS)];

async function committersFor(moment: InHand, rig: HandRig): Promise<TestSystem[]> {
  return moment.isCommitted === true ? [await rig.committer(handlers)] : [];
}

test.concurrent.for(moments.map((moment) => [moment.name, moment] as const))(
  'a worker is killed with a tick in hand %s: the tick is done once, and others come once an interval',
  async ([, moment], context) => {
    const rig = await HandRig.start(context);
    const worker = await rig.behindLink('clock');
    const committers = await committersFor(moment, rig);
    const dueMs = await tickInHand(rig, moment);
    await rig.kill(worker);
    await expectNothingLostOrDoubled(rig, dueMs, [...committers, await rig.system(handlers, 'beside')]);
  },
);

test.concurrent.for(faultsAt(moments))(
  '%s with a tick in hand %s: the tick is done once, and others come once an interval',
  async ([, , { happen, moment }], context) => {
    const rig = await HandRig.start(context);
    const systems = [await rig.system(handlers, 'behind'), ...(await committersFor(moment, rig))];
    const dueMs = await tickInHand(rig, moment);
    await happen(rig);
    await expectNothingLostOrDoubled(rig, dueMs, systems);
  },
);
