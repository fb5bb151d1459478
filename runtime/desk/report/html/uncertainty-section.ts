import { dollars } from '../../../../schemas/amount-text.ts';
import { HOUR_SEC } from '../../../../schemas/duration.ts';
import { sharpeText } from '../../../../schemas/sharpe-text.ts';
import { againstZero, intervalText, surenessText } from '../../../../schemas/sureness-text.ts';
import type { Sureness, Uncertainty } from '../uncertainty.ts';
import type { Section } from './page.ts';
import { hoursText, section } from './words.ts';

/** Intervals by horizon, heat bucket, volatility and side. */
export function uncertaintySection({ direct, adjusted, sharpe, horizons, splits, resamples }: Uncertainty): Section {
  const cells = (one: Sureness & { readonly pnl_usd: number }) => [
    String(one.exits),
    dollars(one.pnl_usd),
    intervalText(one.interval_usd),
    againstZero(one),
    `${one.blocks} of ${one.block_days} days`,
  ];
  const rows = [
    ...horizons.map((one) => [`horizon ${hoursText(one.horizon_sec / HOUR_SEC)}`, ...cells(one)]),
    ...splits.map((one) => [`${one.by}: ${one.name}`, ...cells(one)]),
  ];
  const text =
    `Direct: ${surenessText(direct)}. Adjusted: ${surenessText(adjusted)}. Bootstrap (BCa) of ${resamples} draws of whole ` +
    'blocks of days, a day longer than the horizon; direct by other horizons, and by what the exits had in common. ' +
    sharpeText(sharpe);
  const head = ['Direct, by', 'Exits', 'Earned', '95 % interval', 'Against 0', 'Blocks'];
  return section('How sure that is', text, { head, rows });
}
