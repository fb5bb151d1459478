import { fundingText } from '../../../../../schemas/funding-text.ts';
import { sharpeText } from '../../../../../schemas/sharpe-text.ts';
import { againstZero, intervalText, surenessText } from '../../../../../schemas/sureness-text.ts';
import { type Column, Table } from '../../parts/table.tsx';
import type { ShadowReport } from '../../state/wire.ts';
import { count, money, percent, signedMoney } from '../../text/figures.ts';
import { spanWords } from '../../text/shadow-words.ts';

type HeatReport = Extract<ShadowReport, { readonly counterfactuals: unknown }>;
type Reading = HeatReport['counterfactuals']['direct'];

interface Row {
  readonly name: string;
  readonly direct: string;
  readonly adjusted: string;
  readonly played: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { head: 'Figure', cell: ({ name }) => name },
  { head: 'Direct', cell: ({ direct }) => direct, isNumber: true },
  { head: 'Adjusted', cell: ({ adjusted }) => adjusted, isNumber: true },
  { head: 'Played', cell: ({ played }) => played, isNumber: true },
];

/** What softening came to in three readings, and in words why they differ. */
export function Readings({ report }: { readonly report: HeatReport }) {
  const { counterfactuals, uncertainty } = report;
  return (
    <>
      <h3>Three readings</h3>
      <Table name="Three readings" columns={COLUMNS} rows={rowsOf(counterfactuals)} keyOf={({ name }) => name} />
      <p class="muted">
        Direct: each exit by itself, all other trades unchanged. Adjusted: a kept part ends early at an opposite fill or
        over a cap. Played: the whole month again.
      </p>
      {counterfactuals.differences.map((sentence) => (
        <p class="muted" key={sentence}>
          {sentence}
        </p>
      ))}
      <h3>How sure that is</h3>
      <p class="muted">
        Adjusted: {surenessText(uncertainty.adjusted)}
        {fundingText(counterfactuals.adjusted.funding, counterfactuals.adjusted.valued)}.
      </p>
      <p class="muted">{sharpeText(uncertainty.sharpe)}</p>
      <Table name="How sure" columns={SURE} rows={sureRows(uncertainty)} keyOf={({ name }) => name} />
    </>
  );
}

type Uncertainty = HeatReport['uncertainty'];
type Sure = Uncertainty['direct'] & { readonly name: string; readonly pnl_usd: number };

const SURE: readonly Column<Sure>[] = [
  { head: 'Direct, by', cell: ({ name }) => name },
  { head: 'Exits', cell: ({ exits }) => count(exits), isNumber: true, isWideOnly: true },
  { head: 'Earned', cell: ({ pnl_usd }) => signedMoney(pnl_usd), isNumber: true },
  { head: '95 % interval', cell: ({ interval_usd }) => intervalText(interval_usd), isNumber: true },
  {
    head: 'Against 0',
    cell: againstZero,
  },
];

function sureRows({ horizons, splits }: Uncertainty): readonly Sure[] {
  return [
    ...horizons.map((one) => ({ ...one, name: `horizon ${spanWords(one.horizon_sec)}` })),
    ...splits.map((one) => ({ ...one, name: `${one.by}: ${one.name}` })),
  ];
}

function rowsOf({ direct, adjusted, played, horizon_sec }: HeatReport['counterfactuals']): readonly Row[] {
  const month = 'pnl_usd' in played ? played : undefined;
  const row = (name: string, say: (reading: Reading) => string, plays: string | undefined): Row => {
    return { name, direct: say(direct), adjusted: say(adjusted), played: plays ?? '–' };
  };
  const known = (figure: (reading: Reading) => string) => (reading: Reading) =>
    reading.valued === 0 ? '–' : figure(reading);
  return [
    row('Horizon', () => spanWords(horizon_sec), undefined),
    row(
      'Softened against original',
      known(({ pnl_usd }) => signedMoney(pnl_usd)),
      month && signedMoney(month.pnl_usd),
    ),
    row('Exits valued', ({ valued, softened }) => `${count(valued)} of ${count(softened)}`, undefined),
    row(
      'Equity at the end',
      known(({ end_equity_usd }) => money(end_equity_usd)),
      month && money(month.softened.end_equity_usd),
    ),
    row(
      'Deepest drawdown',
      known(({ max_drawdown }) => percent(max_drawdown)),
      month && percent(month.softened.max_drawdown),
    ),
  ];
}
