import { dollars } from '../../../../schemas/amount-text.ts';
import { HOUR_SEC } from '../../../../schemas/duration.ts';
import { counted } from '../../../../schemas/figure-text.ts';
import { fundingText } from '../../../../schemas/funding-text.ts';
import { surenessText } from '../../../../schemas/sureness-text.ts';
import type { HeatReport, SymbolRow } from '../gate-report.ts';
import type { About } from '../index.ts';
import type { NotValued } from '../kept-parts.ts';
import type { MarkSourceName } from '../marks.ts';
import type { Money } from '../money.ts';
import { counterfactualSection, meetingsSection } from './counterfactual-section.ts';
import type { ReportPage, Section, Tile } from './page.ts';
import { KEPT_ENDS, regretsSection } from './regrets-section.ts';
import { uncertaintySection } from './uncertainty-section.ts';
import {
  aboutText,
  barPlot,
  hoursText,
  levels,
  section,
  shareText,
  soundnessSection,
  soundnessTiles,
} from './words.ts';

/** Where marks may come from, in words. */
export const markSources: Readonly<Record<MarkSourceName, string>> = {
  candle_file: 'candles of the file',
  position_snapshots: 'position snapshots',
  candle_store: 'candles of the market feed',
  decision_log: 'prices in the decision log',
};
const MISSING: Readonly<Record<NotValued, string>> = {
  no_position: 'the position was not known',
  no_side: 'long or short was not known',
  no_mark: 'no mark at its decision or at its end',
};
/** How the report on the heat gate is shown. */
export function heatPage(report: HeatReport & About): ReportPage {
  return {
    title: 'Shadow report: heat gate',
    about: aboutText(report),
    sentences: report.full_closes === 0 ? [] : sentences(report),
    tiles: tiles(report),
    sections: [
      ...(report.softened.exits === 0 ? [] : [counterfactualSection(report), uncertaintySection(report.uncertainty)]),
      exitsSection(report),
      heatSection(report),
      moneySection(report),
      symbolsSection(report.symbols),
      regretsSection(report.regrets),
      meetingsSection(report.counterfactuals),
      soundnessSection(report.figures),
    ],
  };
}

function sentences(report: HeatReport): readonly string[] {
  const { figures, softened, full_closes: closes, money } = report;
  const time = `Over ${hoursText(figures.hours)} the gate`;
  const of = `of ${counted(closes, 'full close')} (${shareText(softened.share)})`;
  const did = [
    softened.done > 0 ? `softened ${softened.done}` : '',
    softened.would_be > 0 || softened.done === 0 ? `would have softened ${softened.would_be}` : '',
  ].filter((part) => part !== '');
  return [
    `${time} ${did.join(' and ')} ${of}.`,
    ...moneySentences(money, softened),
    ...(money.valued === 0 ? [] : [`Direct, ${horizonText(money)}: ${surenessText(report.uncertainty.direct)}.`]),
    ...drawdownSentences(report),
    protectiveSentence(report),
  ];
}

function moneySentences(money: Money, { done, would_be }: HeatReport['softened']): readonly string[] {
  if (money.softened === 0) return [];
  if (money.valued === 0) return ['What the kept parts came to is not known: none of them could be valued.'];
  const verb = done === 0 ? 'would have ' : '';
  const both = done > 0 && would_be > 0 ? ' (those of enforce did, those of shadow would have)' : '';
  const came = money.pnl_usd < 0 ? `${verb}lost ${dollars(-money.pnl_usd)}` : `${verb}earned ${dollars(money.pnl_usd)}`;
  const { gained, lost } = money;
  const those =
    money.valued === money.softened ? 'those parts' : `the ${counted(money.valued, 'part')} that can be valued`;
  const parts = `${counted(gained.exits, 'part')} earned ${dollars(gained.usd)}, ${lost.exits} lost ${dollars(-lost.usd)}`;
  const valued = `${money.valued} of ${money.softened} kept parts could be valued (${shareText(money.valued_share)})`;
  const missing = listed(money.not_valued, MISSING);
  return [
    `Keeping ${those} ${came}${both} against the original exits (direct, ${horizonText(money)}): ${parts}${fundingText(money.funding, money.valued)}.`,
    `${valued}, by ${listed(money.sources, markSources)}.${missing === '' ? '' : ` Not valued: ${missing}.`}`,
  ];
}

function horizonText({ horizon_sec }: Money): string {
  return `horizon ${hoursText(horizon_sec / HOUR_SEC)}`;
}

function drawdownSentences({ drawdown, money }: HeatReport): readonly string[] {
  if (drawdown === null) return ['The drawdown is not known: no decision says the equity.'];
  if (money.valued === 0) return [`The deepest drawdown was ${shareText(drawdown.max_drawdown_without)}.`];
  const { max_drawdown_without: without, max_drawdown_with: withParts } = drawdown;
  const parts = money.valued === money.softened ? 'the kept parts' : `those ${counted(money.valued, 'kept part')}`;
  return [
    `The deepest drawdown: ${shareText(without)} with the original exits, ${shareText(withParts)} with ${parts}.`,
  ];
}

function protectiveSentence({ figures }: HeatReport): string {
  const { protective_exits: exits, protective_exits_changed: touched } = figures;
  if (touched > 0) return `${counted(touched, 'protective exit')} of ${exits} softened: look at them first.`;
  return exits === 0 ? 'No protective exit was proposed.' : `None of ${counted(exits, 'protective exit')} was touched.`;
}

function tiles(report: HeatReport): readonly Tile[] {
  const { softened, full_closes: closes, money, drawdown, figures } = report;
  const name = softened.done > 0 ? 'Softened' : 'Would be softened';
  return [
    { name, value: shareText(softened.share), note: `${softened.exits} of ${counted(closes, 'full close')}` },
    {
      name: `Kept parts, direct, ${horizonText(money)}`,
      value: money.valued === 0 ? '-' : dollars(money.pnl_usd),
      note: `${money.valued} of ${money.softened} valued, against the original exits`,
    },
    {
      name: 'Deepest drawdown',
      value: shareText(drawdown?.max_drawdown_with ?? null),
      note: `${shareText(drawdown?.max_drawdown_without ?? null)} with the original exits`,
    },
    {
      name: 'Protective exits touched',
      value: String(figures.protective_exits_changed),
      note: `of ${figures.protective_exits}`,
    },
    ...soundnessTiles(figures),
  ];
}

function exitsSection({ buckets, hours }: HeatReport): Section {
  const rows = buckets.map(({ name, decisions, changed, changed_share }) => [
    name,
    String(decisions),
    String(changed),
    shareText(changed_share),
  ]);
  const text = 'Full closes that heat decides over, by bucket. COLD keeps three quarters, WARM keeps one, HOT none.';
  const plot = barPlot(
    'Full closes',
    hours.filter(({ decisions }) => decisions > 0),
    'full closes',
    'softened',
  );
  const table = { head: ['Bucket', 'Full closes', 'Softened', 'Share'], rows };
  return { ...section('Exits softened', text, table), plots: [plot] };
}

function heatSection({ hours, thresholds }: HeatReport): Section {
  const limits =
    thresholds === null
      ? []
      : [
          { name: 'WARM', value: thresholds.heat_min },
          { name: 'HOT', value: thresholds.heat_max },
        ];
  const series = [{ name: 'heat', points: levels(hours) }];
  const plot = { kind: 'lines', title: 'Heat', series, limits, unit: 'number', fromZero: true } as const;
  return {
    ...section(
      'Heat',
      'The last heat known in each hour, of exits or of budgets (which end at 1), and the thresholds.',
    ),
    plots: [plot],
  };
}

function moneySection({ money, path, drawdown }: HeatReport): Section {
  const points = (value: (row: (typeof path)[number]) => number) => path.map((row) => [row.at, value(row)] as const);
  const common = { kind: 'lines', limits: [], unit: 'usd' } as const;
  const kept = [{ name: 'earned by kept parts', points: points(({ kept_pnl_usd }) => kept_pnl_usd) }];
  const equity = [
    { name: 'with the original exits', points: points(({ without_usd }) => without_usd) },
    { name: 'with the kept parts', points: points(({ with_usd }) => with_usd) },
  ];
  const fee = money.fee_bps === 0 ? 'no fees' : `fees of ${money.fee_bps} bps`;
  const text =
    `A kept part is valued from the mark at its decision to the mark at its end: the next full close of the symbol, ` +
    `where it was enforced the position being closed, ${hoursText(money.horizon_sec / HOUR_SEC)} at the latest, or the end ` +
    `of the report. Assumed: ${fee}, no funding.`;
  const rows = [
    ['Notional kept', dollars(money.kept_usd)],
    ['Earned by kept parts (direct)', dollars(money.pnl_usd)],
    ['… in shadow (would have)', dollars(money.pnl_shadow_usd)],
    ['… in enforce (did)', dollars(money.pnl_enforced_usd)],
    ['Kept parts ended by', listed(money.ends, KEPT_ENDS)],
    ['Not valued', listed(money.not_valued, MISSING) || '0'],
    [
      'Equity at the end, original exits, other trades unchanged',
      drawdown === null ? '-' : dollars(drawdown.end_equity_without_usd),
    ],
    ['Equity at the end, kept parts (direct)', drawdown === null ? '-' : dollars(drawdown.end_equity_with_usd)],
  ];
  return {
    ...section('The money', text, { head: ['Figure', 'Value'], rows }),
    plots: [
      { ...common, title: 'Earned by kept parts, in all', series: kept, fromZero: true },
      { ...common, title: 'Equity', series: equity, fromZero: false },
    ],
  };
}

function symbolsSection(symbols: readonly SymbolRow[]): Section {
  const rows = symbols.map((row) => [
    row.name,
    String(row.decisions),
    String(row.changed),
    shareText(row.changed_share),
    String(row.valued),
    row.valued === 0 ? '-' : dollars(row.pnl_usd),
  ]);
  const head = ['Symbol', 'Full closes', 'Softened', 'Share', 'Valued', 'Kept parts earned'];
  return section('By symbol', '', { head, rows, bars: symbols.map(({ pnl_usd }) => pnl_usd) });
}

function listed<K extends string>(
  counts: Readonly<Partial<Record<K, number>>>,
  names: Readonly<Record<K, string>>,
): string {
  const all = Object.entries(counts) as [K, number][];
  return all.map(([name, count]) => `${names[name]} (${count})`).join(', ');
}
