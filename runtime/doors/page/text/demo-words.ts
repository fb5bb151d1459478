import { DAY_HOURS } from '../../../../schemas/duration.ts';
import type { DemoNow } from '../state/wire.ts';

/** How far a demo is: `Day 12 of 31, 2021-05-12`; its clock in UTC. */
export function dayWords({ played, hours, simulated_at }: Pick<DemoNow, 'played' | 'hours' | 'simulated_at'>): string {
  const day = Math.max(1, Math.ceil(played / DAY_HOURS));
  const date = simulated_at === null ? '' : `, ${new Date((simulated_at - 1) * 1000).toISOString().slice(0, 10)}`;
  return `Day ${day} of ${Math.ceil(hours / DAY_HOURS)}${date}`;
}

/** What is said of a demo first. */
export function demoHead({ state }: Pick<DemoNow, 'state'>): string {
  switch (state) {
    case 'running':
      return 'The demo month is being played.';
    case 'done':
      return 'The demo month is played.';
    case 'stopped':
      return 'The demo was stopped.';
    case 'failed':
      return 'The demo could not be played to its end.';
    case 'lost':
      return 'The demo is gone.';
    default:
      return 'To look at a month first:';
  }
}

/** What the one button does. */
export function demoVerb({ state }: Pick<DemoNow, 'state'>): string {
  if (state === 'running') return 'Stop the demo';
  return state === 'done' ? 'Delete the demo' : 'Play a demo month';
}
