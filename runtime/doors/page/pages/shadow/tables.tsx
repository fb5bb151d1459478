import { ShareBar } from '../../parts/bar.tsx';
import { Moment } from '../../parts/moment.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { linkTo } from '../../state/address.ts';
import type { ShadowReport } from '../../state/wire.ts';
import { count, counted, money, ratio, signedMoney } from '../../text/figures.ts';
import { spaced } from '../../text/words.ts';
import { BlockedPlans } from './blocked-plans.tsx';
import { Readings } from './readings.tsx';

type HeatReport = Extract<ShadowReport, { readonly gate: 'heat-gate' }>;
type BudgetReport = Extract<ShadowReport, { readonly gate: 'risk-governor' }>;
type PlanReport = Extract<ShadowReport, { readonly gate: 'governor' }>;
type PlainReport = Extract<ShadowReport, { readonly by_reason: unknown }>;
type CountRow = HeatReport['buckets'][number];

/** The tables of a report, each under its heading. */
export function ReportTables({ report }: { readonly report: ShadowReport }) {
  if ('by_reason' in report) return <PlainTables report={report} />;
  switch (report.gate) {
    case 'heat-gate':
      return <HeatTables report={report} />;
    case 'risk-governor':
      return <BudgetTables report={report} />;
    case 'governor':
      return <PlanTables report={report} />;
  }
}

const nameOf = ({ name }: CountRow) => name;
const counts = (first: string, of: string, changed: string): readonly Column<CountRow>[] => [
  { head: first, cell: nameOf },
  { head: of, cell: ({ decisions }) => count(decisions), isNumber: true },
  { head: changed, cell: (row) => count(row.changed), isNumber: true },
  { head: 'Share', cell: (row) => <ShareBar share={row.changed_share} />, isWideOnly: true },
];

function HeatTables({ report }: { readonly report: HeatReport }) {
  const { buckets, symbols, more_symbols, regrets } = report;
  const earned: Column<HeatReport['symbols'][number]> = {
    head: 'Kept parts',
    cell: ({ pnl_usd }) => signedMoney(pnl_usd),
    isNumber: true,
  };
  return (
    <>
      {report.softened.exits === 0 ? null : <Readings report={report} />}
      <h3>By bucket</h3>
      <Table name="By bucket" columns={counts('Bucket', 'Full closes', 'Softened')} rows={buckets} keyOf={nameOf} />
      <h3>By symbol</h3>
      <Table
        name="By symbol"
        columns={[...counts('Symbol', 'Full closes', 'Softened'), earned]}
        rows={symbols}
        keyOf={nameOf}
      />
      <More symbols={more_symbols} />
      {regrets.length === 0 ? null : <WorstTen regrets={regrets} />}
    </>
  );
}

function WorstTen({ regrets }: Pick<HeatReport, 'regrets'>) {
  const columns: readonly Column<HeatReport['regrets'][number]>[] = [
    { head: 'Plan', cell: ({ plan_id }) => <a href={linkTo('decisions', { plan: plan_id })}>{plan_id}</a> },
    { head: 'Lost', cell: ({ pnl_usd }) => money(Math.abs(pnl_usd)), isNumber: true },
    { head: 'Kept', cell: ({ kept_usd }) => money(kept_usd), isNumber: true, isWideOnly: true },
    { head: 'Side', cell: ({ side }) => side.toLowerCase(), isWideOnly: true },
    { head: 'Heat', cell: ({ heat }) => ratio(heat), isNumber: true },
    { head: 'When', cell: ({ at }) => <Moment at={at} />, isWideOnly: true },
  ];
  return (
    <>
      <h3>Lost most</h3>
      <Table name="Lost most" columns={columns} rows={regrets} keyOf={({ plan_id, at }) => `${plan_id} ${at}`} />
    </>
  );
}

function BudgetTables({ report }: { readonly report: BudgetReport }) {
  const { symbols, more_symbols } = report;
  const columns: readonly Column<BudgetReport['symbols'][number]>[] = [
    ...counts('Symbol', 'Cycles with a position', 'Over budget'),
    {
      head: 'Budget',
      cell: ({ lowest_budget_usd, highest_budget_usd }) => `${money(lowest_budget_usd)} … ${money(highest_budget_usd)}`,
      isNumber: true,
      isWideOnly: true,
    },
    { head: 'Most over', cell: ({ worst_over_usd }) => money(worst_over_usd), isNumber: true },
  ];
  return (
    <>
      <BlockedPlans money={report.plan_money} />
      <h3>By symbol</h3>
      <Table name="By symbol" columns={columns} rows={symbols} keyOf={nameOf} />
      <More symbols={more_symbols} />
    </>
  );
}

function PlanTables({ report }: { readonly report: PlanReport }) {
  const { reasons, symbols, more_symbols } = report;
  const columns: readonly Column<PlanReport['reasons'][number]>[] = [
    { head: 'Reason', cell: ({ reason }) => spaced(reason) },
    { head: 'Blocked', cell: ({ blocked }) => count(blocked), isNumber: true },
    { head: 'Would be', cell: ({ would_block }) => count(would_block), isNumber: true },
    { head: 'Worth', cell: ({ notional_usd }) => money(notional_usd), isNumber: true },
  ];
  return (
    <>
      <BlockedPlans money={report.plan_money} />
      <h3>By reason</h3>
      <Table name="By reason" columns={columns} rows={reasons} keyOf={({ reason }) => reason} />
      <h3>By symbol</h3>
      <Table name="By symbol" columns={counts('Symbol', 'Plans', 'Refused')} rows={symbols} keyOf={nameOf} />
      <More symbols={more_symbols} />
    </>
  );
}

function PlainTables({ report: { by_reason, symbols, more_symbols } }: { readonly report: PlainReport }) {
  const reason: Column<CountRow> = { head: 'Reason', cell: ({ name }) => spaced(name) };
  const [, ...figures] = counts('', 'Decisions', 'In the way');
  return (
    <>
      <h3>By reason</h3>
      <Table name="By reason" columns={[reason, ...figures]} rows={by_reason} keyOf={nameOf} />
      <h3>By symbol</h3>
      <Table name="By symbol" columns={counts('Symbol', 'Decisions', 'In the way')} rows={symbols} keyOf={nameOf} />
      <More symbols={more_symbols} />
    </>
  );
}

function More({ symbols }: { readonly symbols: number }) {
  return symbols === 0 ? null : <p class="muted">And {counted(symbols, 'more symbol')}: npx portcullis report.</p>;
}
