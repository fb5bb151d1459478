import { fundingText } from '../../../../../schemas/funding-text.ts';
import { sharpeText } from '../../../../../schemas/sharpe-text.ts';
import { surenessText } from '../../../../../schemas/sureness-text.ts';
import { type Column, Table } from '../../parts/table.tsx';
import type { ShadowReport } from '../../state/wire.ts';
import { count, counted, money as dollars, signedMoney } from '../../text/figures.ts';
import { spanWords } from '../../text/shadow-words.ts';
import { spaced } from '../../text/words.ts';

type PlanMoney = Extract<ShadowReport, { readonly plan_money: unknown }>['plan_money'];
type Row = PlanMoney['by_reason'][number];

const columns = (first: string): readonly Column<Row>[] => [
  { head: first, cell: ({ name }) => spaced(name) },
  { head: 'Valued', cell: ({ valued, plans }) => `${count(valued)} of ${count(plans)}`, isNumber: true },
  { head: 'Worth', cell: ({ usd }) => dollars(usd), isNumber: true, isWideOnly: true },
  { head: 'Direct', cell: (row) => known(row, row.direct_usd), isNumber: true },
  { head: 'Adjusted', cell: (row) => known(row, row.adjusted_usd), isNumber: true },
];

function known({ valued }: Row, usd: number): string {
  return valued === 0 ? '–' : signedMoney(usd);
}

/** What blocked plans would have earned or lost, by reason and by strategy. */
export function BlockedPlans({ money }: { readonly money: PlanMoney }) {
  if (money.plans === 0) return null;
  const { direct, adjusted, played, sharpe, by_reason, by_strategy, horizon_sec } = money;
  const nameOf = ({ name }: Row) => name;
  return (
    <>
      <h3>Blocked plans in money</h3>
      <p class="muted">
        Direct: each plan by itself, up to the next exit of its strategy in the symbol, {spanWords(horizon_sec)} at
        most: {surenessText(direct, 'plan')}
        {fundingText(direct.funding, money.valued, 'plan')}. Adjusted: without {counted(adjusted.repeats, 'repeat')} of
        what would have been held already, ended early at opposite fills and over caps: {surenessText(adjusted, 'plan')}
        {fundingText(adjusted.funding, adjusted.plans, 'plan')}. Played:{' '}
        {'reason' in played ? played.reason : signedMoney(played.pnl_usd)}.
      </p>
      <p class="muted">Of blocking them: {sharpeText(sharpe)}</p>
      <Table name="Blocked plans by reason" columns={columns('Reason')} rows={by_reason} keyOf={nameOf} />
      <Table name="Blocked plans by strategy" columns={columns('Strategy')} rows={by_strategy} keyOf={nameOf} />
    </>
  );
}
