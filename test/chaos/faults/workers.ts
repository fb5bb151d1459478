import { setTimeout as pause } from 'node:timers/promises';
import type { Rig } from '../rig.ts';
import type { Fault } from './fault.ts';

const anyone = ({ dice, fleet }: Rig) => dice.between(0, fleet.size - 1);

/** A stopped process is one that its lease and its claims have run out on. */
async function stall(rig: Rig, stalledMs: number): Promise<void> {
  const slot = anyone(rig);
  rig.fleet.signal(slot, 'SIGSTOP');
  await pause(stalledMs);
  rig.fleet.signal(slot, 'SIGCONT');
}

/** What happens to worker processes. */
export const workerFaults: readonly Fault[] = [
  {
    name: 'backlog',
    mixes: false,
    backlog: 100_000,
    happen: async (rig) => rig.fleet.signal(anyone(rig), 'SIGKILL'),
  },
  {
    name: 'kill-one',
    mixes: true,
    happen: async (rig) => {
      for (let times = 0; times < 2; times += 1) {
        rig.fleet.signal(anyone(rig), 'SIGKILL');
        await pause(rig.dice.between(300, 900));
      }
    },
  },
  {
    name: 'kill-all',
    mixes: true,
    happen: async ({ fleet }) => {
      for (let slot = 0; slot < fleet.size; slot += 1) fleet.signal(slot, 'SIGKILL');
    },
  },
  { name: 'sigterm', mixes: true, happen: async (rig) => await rig.fleet.end(anyone(rig)) },
  { name: 'stall-over-lease', mixes: true, happen: async (rig) => await stall(rig, rig.dice.between(2_200, 3_500)) },
  { name: 'stall-over-min-idle', mixes: false, happen: async (rig) => await stall(rig, 21_000) },
  {
    name: 'clock-jump',
    mixes: true,
    happen: async (rig) => {
      const slot = anyone(rig);
      await rig.fleet.allReady();
      for (let jump = 0; jump < 3; jump += 1) {
        rig.fleet.signal(slot, 'SIGUSR2');
        await pause(700);
      }
    },
  },
  {
    name: 'poison',
    mixes: false,
    happen: async (rig) => {
      await rig.load.poison();
      await pause(1_000);
    },
  },
];
