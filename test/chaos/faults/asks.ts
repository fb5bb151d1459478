import { setTimeout as pause } from 'node:timers/promises';
import type { RedisLink } from '../../support/proxy.ts';
import { HTTP_TRADER } from '../names.ts';
import type { Rig } from '../rig.ts';
import type { Fault } from './fault.ts';
import { sprung } from './network.ts';
import { serverFaults } from './server.ts';
import { workerFaults } from './workers.ts';

const ASKS = 'POST /v1/permits ';
const MAILBOX = `${HTTP_TRADER.strategy}:`;
/** What only an ask over HTTP has sent to Redis: its plan, which begins a text with the mailbox, and the wait for, or the push of, its verdict. */
const OWN_PHASES = [`\n${MAILBOX}`, `:reply:${MAILBOX}`];
/** What asks over Redis have too: the look at what was committed; and the commit. */
const PHASES = ['mget', 'governor.events'];
const TIMES = 3;
const SPRUNG_WITHIN_MS = 20_000;

/** A trap in the way of asks over HTTP, of which there are many a second: one that none goes into is no trap. */
async function surelySprung(trap: Promise<void>, mark: string): Promise<void> {
  const late = pause(SPRUNG_WITHIN_MS, true, { ref: false });
  if (await Promise.race([trap.then(() => false), late])) throw new Error(`expected an ask with ${mark}, got none`);
}

/** The same fault, while bots ask over HTTP. */
function whileAsked(faults: readonly Fault[], name: string): Fault {
  const [fault] = faults.filter((one) => one.name === name);
  if (fault === undefined) throw new Error(`expected a fault ${name}, got none`);
  return { ...fault, name: `asks-${name}`, mixes: false, asksOverHttp: true };
}

async function onEachDoor({ doors }: Rig, trap: (link: RedisLink) => Promise<void>): Promise<void> {
  for (let times = 0; times < TIMES; times += 1) await Promise.all(doors.map((link) => sprung(trap(link))));
}

/** What happens to asks over HTTP: at their workers, in Redis, and on both ways. */
export const askFaults: readonly Fault[] = [
  whileAsked(workerFaults, 'kill-one'),
  whileAsked(serverFaults, 'redis-kill'),
  {
    name: 'asks-lost-reply',
    mixes: false,
    asksOverHttp: true,
    happen: async ({ link }) => {
      for (const mark of OWN_PHASES) {
        await surelySprung(link.swallowReplyTo(mark), mark);
        await surelySprung(link.truncateReplyTo(mark), mark);
      }
      for (const mark of PHASES) {
        await sprung(link.swallowReplyTo(mark));
        await sprung(link.truncateReplyTo(mark));
      }
    },
  },
  {
    name: 'asks-lost-answer',
    mixes: false,
    asksOverHttp: true,
    happen: async (rig) => {
      await onEachDoor(rig, (link) => link.swallowReplyTo(ASKS));
      await onEachDoor(rig, (link) => link.truncateReplyTo(ASKS));
      for (let times = 0; times < TIMES; times += 1) {
        for (const link of rig.doors) link.cutAll();
        await pause(rig.dice.between(20, 300));
      }
    },
  },
];
