import { setTimeout as pause } from 'node:timers/promises';
import type { RedisLink } from '../../support/proxy.ts';
import type { Rig } from '../rig.ts';
import type { Fault } from './fault.ts';

/** What a commit of each gate carries, and no read does. */
const COMMITS = ['harvest.calibrated', 'governor.events', 'latest_plan_id', 'crash.out'];
const READS = ['xreadgroup', 'state:portfolio', 'xrange'];
const TRAP_MS = 3_000;
/** Longer than a judgment may wait for its commit. */
const HELD_MS = 7_000;

/** Springs a trap on several kinds of requests, one after the other; one that is not sent in time is let be. */
async function each(rig: Rig, marks: readonly string[], trap: (link: RedisLink, mark: string) => Promise<void>) {
  for (const mark of marks) await sprung(trap(rig.link, mark));
}

/** Resolves once a trap has sprung, or is let be. */
export async function sprung(trap: Promise<void>): Promise<void> {
  await Promise.race([trap, pause(TRAP_MS)]);
}

async function outage({ link }: Rig, downMs: number): Promise<void> {
  link.down();
  await pause(downMs);
  link.up();
}

/** What happens between the workers and Redis. */
export const networkFaults: readonly Fault[] = [
  {
    name: 'outage',
    mixes: true,
    happen: (rig) => outage(rig, 3_000),
  },
  { name: 'long-outage', mixes: false, happen: (rig) => outage(rig, 20_000) },
  {
    name: 'lost-reply-to-commit',
    mixes: true,
    happen: (rig) => each(rig, COMMITS, (link, mark) => link.swallowReplyTo(mark)),
  },
  {
    name: 'lost-reply-to-read',
    mixes: true,
    happen: (rig) => each(rig, READS, (link, mark) => link.swallowReplyTo(mark)),
  },
  {
    name: 'cut-inside-reply',
    mixes: true,
    happen: (rig) => each(rig, [...READS, ...COMMITS], (link, mark) => link.truncateReplyTo(mark)),
  },
  {
    name: 'late-commit',
    mixes: true,
    happen: (rig) => each(rig, COMMITS, (link, mark) => link.holdRequest(mark, HELD_MS)),
  },
  {
    name: 'cut-all',
    mixes: true,
    happen: async ({ link, dice }) => {
      for (let times = 0; times < 6; times += 1) {
        link.cutAll();
        await pause(dice.between(20, 300));
      }
    },
  },
  { name: 'half-close', mixes: true, happen: async ({ link }) => link.halfClose() },
];
