import { formatNumber, parseNumber } from './number.ts';
import type { Fields } from './wire.ts';

const TIME = /^\d+$/;

/** Fields of a funding hash beside the payments: since when none is missing, and when the next one comes, Unix ms. */
export const fundingBounds = { from: 'from', next: 'next' } as const;

/** A payment of a perpetual future: of each dollar that is held long at that moment so much goes to those that are short. */
export interface FundingRate {
  /** Unix ms. */
  readonly atMs: number;
  /** A share, not a percentage; below 0 those that are short pay. */
  readonly rate: number;
  /** The mark price of that moment, US dollars; undefined where it was not told. */
  readonly mark: number | undefined;
}

/** What is kept of the funding of a symbol. Between the bounds no payment is missing; without both, nothing is known to be whole. */
export interface KeptFunding {
  /** In order of time. */
  readonly rates: readonly FundingRate[];
  readonly fromMs: number | undefined;
  readonly nextMs: number | undefined;
}

/** A payment as one value of a funding hash: `rate,mark`, the mark empty where it is not known. */
export function formatFunding({ rate, mark }: Pick<FundingRate, 'rate' | 'mark'>): string {
  return `${formatNumber(rate)},${mark === undefined ? '' : formatNumber(mark)}`;
}

/** What a funding hash holds; a field that is no payment makes the bounds unknown, for one may be missing. */
export function parseFunding(fields: Fields): KeptFunding {
  const rates: FundingRate[] = [];
  let isWhole = true;
  for (const [name, text] of Object.entries(fields)) {
    if (name === fundingBounds.from || name === fundingBounds.next) continue;
    const rate = parseRate(name, text);
    if (rate === undefined) isWhole = false;
    else rates.push(rate);
  }
  rates.sort((a, b) => a.atMs - b.atMs);
  const bound = (name: string) => (isWhole && TIME.test(fields[name] ?? '') ? Number(fields[name]) : undefined);
  return { rates, fromMs: bound(fundingBounds.from), nextMs: bound(fundingBounds.next) };
}

function parseRate(name: string, text: string): FundingRate | undefined {
  const atMs = TIME.test(name) ? Number(name) : undefined;
  const [rateText = '', markText = ''] = text.split(',');
  const rate = parseNumber(rateText);
  const mark = markText === '' ? undefined : parseNumber(markText);
  if (atMs === undefined || !Number.isSafeInteger(atMs) || rate === undefined) return undefined;
  if (markText !== '' && !(mark !== undefined && mark > 0)) return undefined;
  return { atMs, rate, mark };
}
