import { expect, test } from 'vitest';
import { ENGINE_TIMINGS } from '../../runtime/engine/status/timings.ts';
import { askingGate, bellGate } from '../support/gates.ts';
import { faultsAt, HandRig, type Moment } from '../support/hand-rig.ts';
import { feed, numbers } from '../support/lane.ts';
import { until } from '../support/redis.ts';
import { entriesOf } from '../support/system.ts';

const ASKED = 3;
const DELAY_MS = 500;
const RINGS = 'quantum:stream:bell.out';
const handlers = [askingGate(DELAY_MS, (n) => n), bellGate()];

/** A moment that comes before any job is active. */
interface InOutbox extends Moment {
  readonly jobs: number;
}

const onTheWay: readonly InOutbox[] = [
  { name: 'before its job is added', mark: 'bell-0', jobs: 0 },
  { name: 'whose job is added, and which is still in the outbox', mark: 'zrem\r\n', jobs: 1 },
];

const ALMOST_MADE: Moment = { name: 'before it is put on its stream', mark: 'scheduled_ms\r\n' };

const inHand: readonly Moment[] = [
  { name: 'that it does not know of', mark: 'bull:portcullis:limiter\r\n', isDone: true },
  ALMOST_MADE,
  { name: 'that is on its stream, unknown to it', mark: 'scheduled_ms\r\n', isDone: true },
  { name: 'that is completed, unknown to it', mark: 'bull:portcullis:completed\r\n', isDone: true },
];

/** Everything that was asked for came, once, and nothing is left that could bring it again. */
async function expectEachOnce(rig: HandRig): Promise<void> {
  const { client } = rig.server;
  await until('all of it', async () => (await client.xlen(RINGS)) >= ASKED);
  await rig.noJobLeft();
  await until('nothing to be pending', async () => {
    const [pending] = (await client.xpending('quantum:stream:tick.bell', 'bell')) as [number];
    return pending === 0;
  });
  const rung = (await entriesOf(client, RINGS)).map(({ fields }) => fields.text);
  expect(rung.toSorted()).toEqual(numbers(ASKED).map((n) => `for ${n}`));
}

test.concurrent.for(onTheWay.map((moment) => [moment.name, moment] as const))(
  'a worker is killed with something asked for later %s: it comes once',
  async ([, moment], context) => {
    const rig = await HandRig.start(context);
    const worker = await rig.behindLink('bell');
    const kept = rig.link.keepRequest(moment.mark);
    await feed(rig.server.client, numbers(ASKED));
    await kept;
    expect(await rig.server.client.zcard('quantum:portcullis:outbox')).toBe(ASKED);
    expect(await rig.delayedCount()).toBe(moment.jobs);
    await rig.kill(worker);
    await rig.system(handlers, 'beside');
    await expectEachOnce(rig);
  },
);

test.concurrent.for(inHand.map((moment) => [moment.name, moment] as const))(
  'a worker is killed with the job of something asked for later in hand %s: it comes once',
  async ([, moment], context) => {
    const rig = await HandRig.start(context);
    const worker = await rig.behindLink('bell');
    await feed(rig.server.client, numbers(ASKED));
    await rig.inHand(moment);
    await rig.kill(worker);
    await rig.system(handlers, 'beside');
    await expectEachOnce(rig);
  },
);

test.concurrent('what two workers, one after the other, had in hand when they were killed comes once', async (context) => {
  const rig = await HandRig.start(context, ENGINE_TIMINGS);
  await feed(rig.server.client, numbers(ASKED));
  const first = await rig.behindLink('bell');
  const job = await rig.inHand(ALMOST_MADE);
  await rig.kill(first);
  const second = await rig.behindLink('bell');
  await rig.inHand(ALMOST_MADE, async (again) => again === job);
  await rig.kill(second);
  await rig.system(handlers, 'beside');
  await expectEachOnce(rig);
});

test.concurrent.for(faultsAt(inHand))(
  '%s with the job of something asked for later in hand %s: it comes once',
  async ([, , { happen, moment }], context) => {
    const rig = await HandRig.start(context);
    await rig.system(handlers, 'behind');
    await feed(rig.server.client, numbers(ASKED));
    await rig.inHand(moment);
    await happen(rig);
    await expectEachOnce(rig);
  },
);
