import type { Overview } from '../state/wire.ts';
import { ratio } from './figures.ts';

/** What of the state a tab shows. */
export type FaceState = Pick<Overview, 'heat' | 'kill' | 'trading_state' | 'gates'>;

/** How a tab looks among others: its title and its icon. */
export interface Face {
  readonly title: string;
  readonly icon: 'unknown' | 'watching' | 'partly' | 'acting' | 'killed';
}

/** The face of a state: what stops trading first, then how many gates act, then the heat. */
export function faceOf(now: FaceState | undefined): Face {
  if (now === undefined) return { title: 'Portcullis', icon: 'unknown' };
  const { heat, kill, trading_state: state } = now;
  const tail = ` · heat ${heat.cause === null ? ratio(heat.value) : '?'} ${heat.bucket} · Portcullis`;
  if (kill.on) return { title: `KILLED${tail}`, icon: 'killed' };
  if (state === 'HALTED') return { title: `HALTED${tail}`, icon: 'killed' };
  const acting = now.gates.filter(({ enforcing }) => enforcing).length;
  if (acting === 0) return { title: `SHADOW${tail}`, icon: 'watching' };
  if (acting === now.gates.length) return { title: `ENFORCE${tail}`, icon: 'acting' };
  return { title: `ENFORCE ${acting} of ${now.gates.length}${tail}`, icon: 'partly' };
}
