import type { KeptEnd } from '../../../../handlers/common/kept-exits.ts';
import { dollars } from '../../../../schemas/amount-text.ts';
import { formatNumber } from '../../../../schemas/number.ts';
import type { Regret } from '../money.ts';
import type { Section } from './page.ts';
import { minute, section } from './words.ts';

/** Why a kept part ended, in words. */
export const KEPT_ENDS: Readonly<Record<KeptEnd, string>> = {
  next_full_close: 'next full close',
  position_closed: 'position closed',
  horizon: 'horizon',
  still_open: 'still open',
};

/** The exits whose kept parts lost most. */
export function regretsSection(regrets: readonly Regret[]): Section {
  const head = ['Decided', 'Symbol', 'Lost', 'Kept', 'Side', 'Marks', 'Softened to', 'Heat', 'Ended', 'Plan'];
  const rows = regrets.map((one) => [
    minute(one.at),
    one.symbol,
    dollars(-one.pnl_usd),
    dollars(one.kept_usd),
    one.side,
    `${formatNumber(one.from_price)} to ${formatNumber(one.to_price)}`,
    one.softened_to,
    one.heat === null ? '-' : one.heat.toFixed(4),
    `${minute(one.ended_at)}, ${KEPT_ENDS[one.end]}`,
    one.plan_id,
  ]);
  return section('Regrets', 'The softened exits whose kept parts lost most, ten at most.', { head, rows });
}
