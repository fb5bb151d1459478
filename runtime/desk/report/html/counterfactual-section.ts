import { dollars } from '../../../../schemas/amount-text.ts';
import { HOUR_SEC } from '../../../../schemas/duration.ts';
import type { FundingSum } from '../../../market/player/held-funding.ts';
import { type Column, type Counterfactuals, isPlayed, type PlayedColumn } from '../counterfactuals.ts';
import { signed } from '../differences.ts';
import type { Section } from './page.ts';
import { hoursText, minute, section, shareText } from './words.ts';

/** The three readings of what softening came to, side by side, and in words why they differ. */
export function counterfactualSection({ counterfactuals, drawdown }: CounterfactualsOf): Section {
  const { direct, adjusted, played, horizon_sec } = counterfactuals;
  const isThere = isPlayed(played);
  const ofPlay = (say: (played: PlayedColumn) => string) => (isThere ? say(played) : '-');
  const horizon = hoursText(horizon_sec / HOUR_SEC);
  const row = (name: string, cell: (column: Column) => string, play: (played: PlayedColumn) => string) => {
    return [name, cell(direct), cell(adjusted), ofPlay(play)];
  };
  const rows = [
    row('Softened against original', pnlText, ({ pnl_usd }) => signed(pnl_usd)),
    row('… funding not recorded moves it by', movesText, ({ funding }) => movesUsd(funding)),
    row(
      'Exits valued',
      ({ valued, softened }) => `${valued} of ${softened}`,
      () => 'all trades',
    ),
    row('Equity at the end, softened', equityText, ({ softened }) => dollars(softened.end_equity_usd)),
    [
      'Equity at the end, original',
      ...[0, 1].map(() => (drawdown === null ? '-' : dollars(drawdown.end_equity_without_usd))),
      ofPlay(({ original }) => dollars(original.end_equity_usd)),
    ],
    row('Deepest drawdown, softened', drawdownText, ({ softened }) => shareText(softened.max_drawdown)),
    row(
      'Horizon',
      () => horizon,
      () => 'none',
    ),
  ];
  const text = [
    'Direct: each exit by itself, all other trades unchanged.',
    'Adjusted: a kept part ends early at an opposite fill, up to its quantity, or where it stands over a cap; each dollar is valued once, and other trades are unchanged.',
    'Played: the whole month again through the gates.',
    ...counterfactuals.differences,
  ].join(' ');
  const table = { head: ['Figure', 'Direct', 'Adjusted', 'Played'], rows };
  return section('What softening came to, three readings', text, table);
}

interface CounterfactualsOf {
  readonly counterfactuals: Counterfactuals;
  readonly drawdown: { readonly end_equity_without_usd: number } | null;
}

/** Where a kept part met another trade of its symbol or a cap, the first of them. */
export function meetingsSection({ adjusted: { overlaps, breaches } }: Counterfactuals): Section {
  const rows = [
    ...overlaps.list.map((one) => ({
      at: one.at,
      cells: ['overlap', one.symbol, one.plan_id, `${one.opened_by} opened ${one.opposite ? 'the opposite' : 'more'}`],
    })),
    ...breaches.list.map((one) => ({
      at: one.at,
      cells: ['breach', '', one.ended.join(', '), breachText(one)],
    })),
  ].sort((a, b) => a.at - b.at);
  const text =
    'Plans that opened the symbol of a kept part while it would have been held, and caps that would not have held with the kept parts, the first 50 of each.';
  const table = {
    head: ['When', 'What', 'Symbol', 'Exits', 'Met'],
    rows: rows.map(({ at, cells }) => [minute(at), ...cells]),
  };
  return section('Overlaps and breaches', text, table);
}

function breachText(one: Counterfactuals['adjusted']['breaches']['list'][number]): string {
  const isUsd = one.cap === 'total_notional';
  const say = (value: number) => (isUsd ? dollars(value) : `${value} positions`);
  return `${say(one.with)} with the kept parts, ${say(one.without)} without, limit ${say(one.limit)}`;
}

function movesText({ valued, funding }: Column): string {
  return valued === 0 ? '-' : movesUsd(funding);
}

function movesUsd({ not_recorded, moves_usd }: FundingSum): string {
  return not_recorded === 0 ? 'all recorded' : `${signed(moves_usd.low)} to ${signed(moves_usd.high)}`;
}

function pnlText({ valued, pnl_usd }: Column): string {
  return valued === 0 ? '-' : signed(pnl_usd);
}

function equityText({ valued, end_equity_usd: usd }: Column): string {
  return valued === 0 || usd === null ? '-' : dollars(usd);
}

function drawdownText({ valued, max_drawdown }: Column): string {
  return valued === 0 ? '-' : shareText(max_drawdown);
}
