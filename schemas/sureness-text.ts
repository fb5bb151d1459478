import { dollars } from './amount-text.ts';
import { counted } from './figure-text.ts';

/** What is said of how sure a sum of dollars is. */
interface Sureness {
  readonly exits: number;
  readonly days: number;
  readonly blocks: number;
  readonly block_days: number;
  readonly interval_usd: Interval | null;
  readonly distinguishable: boolean | null;
}

interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How sure a headline is, as a part of a sentence: its interval and what that rests on (exits, or `what` else), or that there is too little. */
export function surenessText(
  { exits, days, blocks, block_days, interval_usd, distinguishable }: Sureness,
  what = 'exit',
): string {
  const basis = `${counted(exits, what)} on ${counted(days, 'day')}, ${counted(blocks, 'block')} of ${block_days} days`;
  if (interval_usd === null) return `not enough data for an interval (${basis}; 10 blocks are needed)`;
  const verdict = distinguishable === true ? `${interval_usd.low > 0 ? 'above' : 'below'} 0` : NOT_APART;
  return `95 % interval ${intervalText(interval_usd)} (${basis}): ${verdict}`;
}

/** An interval of dollars. */
export function intervalText(interval: Interval | null): string {
  return interval === null ? 'not enough data' : `${dollars(interval.low)} to ${dollars(interval.high)}`;
}

/** How a sum stands against 0. */
export function againstZero({ distinguishable }: Pick<Sureness, 'distinguishable'>): string {
  if (distinguishable === null) return '-';
  return distinguishable ? 'distinguishable from 0' : NOT_APART;
}

const NOT_APART = 'not distinguishable from 0';
