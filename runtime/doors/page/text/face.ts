import type { Connection } from '../state/live-stream.ts';
import type { Overview } from '../state/wire.ts';
import { heatWord } from './heat.ts';

/** What of the state a tab shows. */
export type FaceState = Pick<Overview, 'heat' | 'kill' | 'trading_state' | 'armed' | 'loss' | 'gates'>;

/** What else a tab shows: whether the state is still told, and the name of the portfolio where there is more than one. */
export interface FacePlace {
  readonly connection: Connection;
  readonly portfolio?: string | undefined;
}

/** How a tab looks among others: its title and its icon. */
export interface Face {
  readonly title: string;
  readonly icon: 'unknown' | 'watching' | 'partly' | 'acting' | 'reducing' | 'killed';
}

/** The face of a state: a lost connection and what stops trading first, then how many gates act, then the heat. */
export function faceOf(now: FaceState | undefined, { connection, portfolio }: FacePlace): Face {
  const isLost = connection === 'lost';
  const name = portfolio === undefined ? [] : [portfolio];
  const lost = isLost ? ['CONNECTION LOST'] : [];
  if (now === undefined) return { title: [...lost, ...name, 'Portcullis'].join(' · '), icon: 'unknown' };
  const [word, icon] = standing(now);
  const title = [...lost, word, ...name, `heat ${heatWord(now.heat)}`, 'Portcullis'].join(' · ');
  return { title, icon: isLost && icon !== 'killed' ? 'unknown' : icon };
}

function standing({ kill, trading_state: state, armed, loss, gates }: FaceState): [word: string, icon: Face['icon']] {
  if (kill.on) return ['KILLED', 'killed'];
  if (state === 'HALTED') return ['HALTED', 'killed'];
  if (loss !== undefined && loss.tripped.length > 0) return ['LOSS LIMIT', 'reducing'];
  if (loss?.known === false) return ['LOSSES NOT KNOWN', 'reducing'];
  if (!armed) return ['DISARMED', 'reducing'];
  if (state === 'REDUCING') return ['REDUCING', 'reducing'];
  const acting = gates.filter(({ enforcing }) => enforcing).length;
  if (acting === 0) return ['SHADOW', 'watching'];
  if (acting === gates.length) return ['ENFORCE', 'acting'];
  return [`ENFORCE ${acting} of ${gates.length}`, 'partly'];
}
