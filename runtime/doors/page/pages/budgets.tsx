import { ModeBadge } from '../parts/badges.tsx';
import { Bar, StackedBar } from '../parts/bar.tsx';
import { Card } from '../parts/card.tsx';
import { LongText } from '../parts/long-text.tsx';
import { Moment } from '../parts/moment.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { Answer, Empty } from '../parts/states.tsx';
import { figures, Head } from '../parts/table.tsx';
import { linkTo } from '../state/address.ts';
import { useLoaded } from '../state/loaded.ts';
import type { BudgetRow, Budgets, BudgetViolation } from '../state/wire.ts';
import { counted, money, ratio } from '../text/figures.ts';
import { span } from '../text/moments.ts';

const REFRESH_MS = 5_000;
const NEWEST = 100;
const COLUMNS = [
  'Symbol',
  ...figures('Budget', 'Notional', 'Headroom'),
  { head: 'Used', isWideOnly: true },
  'Stress: heat, cluster, volatility',
  'State',
];

/** The risk budget of each symbol beside its position, what reduced it, and what was over it. */
export function BudgetsPage() {
  const loaded = useLoaded<Budgets>('/v1/budgets', {}, REFRESH_MS);
  return (
    <>
      <h1 class="unseen">Budgets</h1>
      <Answer loaded={loaded} what="the budgets">
        {(budgets) => (
          <div class="stack">
            <Card title="Budgets" aside={<ModeBadge mode={budgets.mode} />}>
              <Legend />
              <BudgetTable rows={budgets.symbols} />
            </Card>
            <Card title="Violations" aside={howMany(budgets.violations.length)}>
              <Violations rows={budgets.violations} />
            </Card>
          </div>
        )}
      </Answer>
    </>
  );
}

function howMany(shown: number): string {
  return shown < NEWEST ? counted(shown, 'violation') : `the newest ${NEWEST}`;
}

function Legend() {
  return (
    <p class="legend muted">
      Stress takes from the budget: <span class="key heat-part">heat</span>{' '}
      <span class="key cluster-part">cluster</span> <span class="key vol-part">volatility</span>. Symbols with the least
      headroom come first.
    </p>
  );
}

function BudgetTable({ rows }: { readonly rows: readonly BudgetRow[] }) {
  if (rows.length === 0) {
    return (
      <Empty why="No symbol has a budget: the risk governor has not written any yet." command="npx portcullis doctor" />
    );
  }
  return (
    <Scroll name="Budgets">
      <table class="budgets">
        <Head columns={COLUMNS} />
        <tbody>
          {rows.map((row) => (
            <BudgetLine key={row.symbol} row={row} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function BudgetLine({ row }: { readonly row: BudgetRow }) {
  const { symbol, budget_usd, notional_usd, headroom_usd, stress, violation } = row;
  const parts = [
    { kind: 'heat-part', value: row.heat_stress ?? 0 },
    { kind: 'cluster-part', value: row.cluster_stress ?? 0 },
    { kind: 'vol-part', value: row.vol_stress ?? 0 },
  ];
  return (
    <tr class={violation ? 'violation' : ''}>
      <th scope="row">
        <LongText text={symbol} />
      </th>
      <td class="number">{money(budget_usd)}</td>
      <td class="number">{money(notional_usd)}</td>
      <td class="number">{money(headroom_usd)}</td>
      <td class="used-cell wide-only">
        <Bar value={notional_usd ?? 0} limit={budget_usd ?? 0} state={violation ? 'reached' : 'ok'} />
      </td>
      <td class="stress">
        <StackedBar parts={parts} end={1} />
        <span>
          {ratio(stress)} = {parts.map(({ value }) => ratio(value)).join(' + ')}
        </span>
      </td>
      <td>
        <BudgetState row={row} />
      </td>
    </tr>
  );
}

function BudgetState({ row }: { readonly row: BudgetRow }) {
  const age = row.age_sec === null ? '' : `, ${span(row.age_sec)} old`;
  if (row.violation) return <span class="verdict stopped">✕ over budget</span>;
  if (row.stale) return <span class="verdict changed">◌ counts as missing{age}</span>;
  return <span class="verdict passed">✓ within{age}</span>;
}

function Violations({ rows }: { readonly rows: readonly BudgetViolation[] }) {
  if (rows.length === 0) return <Empty why="No position was over its budget in what is kept." />;
  return (
    <Scroll name="Violations">
      <table class="stacked">
        <Head columns={['Time', 'Symbol', ...figures('Notional', 'Budget', 'Over by'), 'Mode', 'Blocks']} />
        <tbody>
          {rows.map(({ id, at, symbol, notional_usd, budget_usd, over_usd, mode }) => (
            <tr key={id}>
              <td class="time">
                <Moment at={at} />
              </td>
              <th scope="row">
                <LongText text={symbol} />
              </th>
              <td class="number">{money(notional_usd)}</td>
              <td class="number">{money(budget_usd)}</td>
              <td class="number">{money(over_usd)}</td>
              <td>
                <ModeBadge mode={mode} />
              </td>
              <td>
                <a href={linkTo('decisions', { symbol, reason: 'p28_budget_violation' })}>plans blocked for it</a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
