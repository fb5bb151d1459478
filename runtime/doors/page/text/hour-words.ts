import type { ActivityHours } from '../state/wire.ts';
import { counted } from './figures.ts';

/** What was done in the last hour, in words. */
export interface HourWords {
  /** Undefined where it is not known. */
  readonly text: string | undefined;
  /** Why it is not known. */
  readonly why: string;
  /** What should not be; empty where there is none. */
  readonly bad: string;
}

/** What the gates of a portfolio did in the last hour; `error` says why nothing is known of any portfolio. */
export function hourWords(told: ActivityHours['portfolios'][number] | undefined, error: string): HourWords {
  const hour = told?.hour;
  if (hour === undefined || hour === null) {
    const reason = told?.error || error;
    return { text: undefined, why: reason === '' ? 'reading …' : `not known: ${reason}`, bad: '' };
  }
  const taken = hour.taken === null ? 'taken: not known' : `${hour.taken} taken`;
  const parts = [
    `${counted(hour.permits, 'permit')}${hour.permits === 0 && hour.taken === 0 ? '' : ` (${taken})`}`,
    counted(hour.blocks, 'block'),
    `${hour.softened} softened`,
  ];
  const bad = [
    hour.not_taken > 0 ? `${hour.not_taken} not taken` : '',
    hour.executed_without_permit > 0 ? `${hour.executed_without_permit} without a permit` : '',
  ];
  return { text: parts.join(', '), why: '', bad: bad.filter((text) => text !== '').join(', ') };
}
