import { dollars } from './amount-text.ts';
import { counted } from './figure-text.ts';

interface FundingSum {
  readonly low_rate: number;
  readonly high_rate: number;
  readonly paid_usd: number;
  readonly not_recorded: number;
  readonly moves_usd: { readonly low: number; readonly high: number };
}

/** What funding comes to in a sum over so many exits (or plans), behind the sum; empty where there was none to pay. */
export function fundingText(funding: FundingSum | undefined, of: number, noun = 'exit'): string {
  if (funding === undefined) return '';
  const { paid_usd: paid, not_recorded: missing, moves_usd, low_rate, high_rate } = funding;
  const way = paid < 0 ? 'received' : 'paid';
  const known = paid === 0 ? '' : `; funding of ${dollars(Math.abs(paid))} ${way} is in it`;
  if (missing === 0) return known;
  const by = `by ${dollars(moves_usd.low)} to ${dollars(moves_usd.high)}`;
  const rates = `at ${rateText(low_rate)} to ${rateText(high_rate)} every 8 h`;
  return `${known}; funding, not recorded for ${missing} of ${counted(of, noun)}, moves it ${by} (${rates})`;
}

function rateText(rate: number): string {
  return `${Number((rate * 100).toFixed(4))} %`;
}
