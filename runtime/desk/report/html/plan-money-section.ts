import { dollars } from '../../../../schemas/amount-text.ts';
import { HOUR_SEC } from '../../../../schemas/duration.ts';
import { counted } from '../../../../schemas/figure-text.ts';
import { fundingText } from '../../../../schemas/funding-text.ts';
import { sharpeText } from '../../../../schemas/sharpe-text.ts';
import { surenessText } from '../../../../schemas/sureness-text.ts';
import { playedPlansWords, signed } from '../differences.ts';
import type { PlanMoney, PlanMoneyRow } from '../plan-money.ts';
import type { Section } from './page.ts';
import { hoursText, section } from './words.ts';

/** What blocked plans would have come to, in one sentence; none where there were none. */
export function planMoneySentences(money: PlanMoney, what: string): readonly string[] {
  if (money.plans === 0) return [];
  const { direct, valued, plans } = money;
  if (valued === 0) return [`What ${what} would have come to is not known: there are no prices to value them by.`];
  const horizon = hoursText(money.horizon_sec / HOUR_SEC);
  const how = direct.pnl_usd < 0 ? 'lost' : 'earned';
  const of = valued === plans ? '' : `; ${plans - valued} of ${counted(plans, 'plan')} could not be valued`;
  return [
    `${what[0]?.toUpperCase()}${what.slice(1)} would have ${how} ${dollars(Math.abs(direct.pnl_usd))} (direct, horizon ${horizon})${of}: ${surenessText(direct, 'plan')}${fundingText(direct.funding, valued, 'plan')}.`,
  ];
}

/** The same by reason and by strategy, in the readings there are. */
export function planMoneySections(money: PlanMoney): readonly Section[] {
  if (money.plans === 0) return [];
  const { direct, adjusted, played } = money;
  const usd = (of: number) => (money.valued === 0 ? 'not known' : signed(of));
  const text = [
    `Direct ${usd(direct.pnl_usd)}: each plan by itself, from its decision to the next exit of its strategy in the symbol, ${hoursText(money.horizon_sec / HOUR_SEC)} at most, all other trades unchanged.`,
    `Adjusted ${usd(adjusted.pnl_usd)}: ${counted(adjusted.plans, 'plan')}, without ${counted(adjusted.repeats, 'repeat')} of what would have been held already, ended early at opposite fills and over caps (${surenessText(adjusted, 'plan')}${fundingText(adjusted.funding, adjusted.plans, 'plan')}).`,
    ...playedPlansWords(played),
    `Of blocking them: ${sharpeText(money.sharpe)}`,
  ].join(' ');
  return [
    section('Blocked plans in money, by reason', text, tableOf('Reason', money.by_reason)),
    section('Blocked plans in money, by strategy', '', tableOf('Strategy', money.by_strategy)),
  ];
}

function tableOf(first: string, all: readonly PlanMoneyRow[]) {
  const rows = all.map((row) => [
    ...[row.name, `${row.valued} of ${row.plans}`, dollars(row.usd)],
    ...(row.valued === 0 ? ['-', '-'] : [signed(row.direct_usd), signed(row.adjusted_usd)]),
  ]);
  return { head: [first, 'Plans valued', 'Worth', 'Direct', 'Adjusted'], rows };
}
