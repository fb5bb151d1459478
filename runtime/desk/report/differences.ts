import { dollars } from '../../../schemas/amount-text.ts';
import { counted } from '../../../schemas/figure-text.ts';
import { fundingText } from '../../../schemas/funding-text.ts';
import type { AdjustedEnd } from './adjusted.ts';
import {
  type Column,
  type Counterfactuals,
  isPlayed,
  type NotPlayed,
  type PlayedMonth,
  type PlayedPlans,
  type PlayedProposals,
  type PlayedWays,
} from './counterfactuals.ts';

const EARLY: Readonly<Partial<Record<AdjustedEnd, string>>> = {
  opposite_fill: 'opposite fills',
  total_notional: 'the cap of all notional',
  max_positions: 'the cap of positions',
};

type Readings = Omit<Counterfactuals, 'differences'>;

/** Why the readings differ, in sentences; why one is not there. */
export function differences({ direct, adjusted, played }: Readings): readonly string[] {
  return [...adjustedWords(direct, adjusted), ...playedWords(direct, played)];
}

function adjustedWords(direct: Column, adjusted: Counterfactuals['adjusted']): readonly string[] {
  if (direct.valued === 0) return ['Neither is known: no kept part could be valued.'];
  const { overlaps, breaches, ended_usd, most_kept_usd } = adjusted;
  const early = Object.entries(EARLY).flatMap(([end, words]) => {
    const usd = ended_usd[end as AdjustedEnd] ?? 0;
    return usd === 0 ? [] : [`${dollars(usd)} by ${words}`];
  });
  const apart = adjusted.pnl_usd - direct.pnl_usd;
  const met =
    `${overlaps.exits} of ${counted(direct.softened, 'kept part')} would have been held while its symbol was opened anew, ` +
    `${overlaps.opposite} of them on the opposite side; up to ${dollars(most_kept_usd)} would have been kept at once, ` +
    `and caps would not have held ${counted(breaches.count, 'time')}.`;
  if (early.length === 0) return [met, 'Nothing ended early, so adjusted is direct.'];
  const more = apart < 0 ? 'lower' : 'higher';
  return [
    met,
    `Adjusted is ${dollars(Math.abs(apart))} ${more} than direct: of the kept notional, ${early.join(', ')} ended early.`,
  ];
}

function playedWords(direct: Column, played: Counterfactuals['played']): readonly string[] {
  if (!isPlayed(played)) return [`Played: ${played.reason}.`];
  const { original, softened, strategy, from, to, pnl_usd, funding } = played;
  const apart = pnl_usd - direct.pnl_usd;
  const slots = (softened.blocks.max_positions_reached ?? 0) - (original.blocks.max_positions_reached ?? 0);
  const again = played.proposals === undefined ? 'is proposed again' : "stays until the log's next close of its symbol";
  return [
    `Played (${strategy}, ${from.slice(0, 10)} to ${to.slice(0, 10)}, settings of the environment) is ${dollars(Math.abs(apart))} ` +
      `${apart < 0 ? 'lower' : 'higher'} than direct: what is kept holds slots and caps (${slots >= 0 ? '+' : ''}${slots} blocks for too ` +
      `many positions), ${again} (${softened.exits_proposed} exits proposed instead of ${original.exits_proposed}), and changes ` +
      `equity, heat and budgets (${softened.entries_permitted} entries permitted instead of ${original.entries_permitted})${fundingText(funding, funding.payments, 'payment')}.`,
    ...(played.proposals === undefined ? [] : proposalWords(played.proposals, original.end_equity_usd, OF_EXITS)),
    startsWords(played),
  ];
}

/** What a month came to without the blocks of a gate, in sentences; why it was not played. */
export function playedPlansWords(played: PlayedPlans | NotPlayed): readonly string[] {
  if (!isPlayed(played)) return [`Played: not there: ${played.reason}.`];
  const { judged, unblocked, strategy, from, to, pnl_usd, funding } = played;
  const blocked = (month: PlayedMonth) => Object.values(month.blocks).reduce((sum, count) => sum + count, 0);
  return [
    `Played ${signed(pnl_usd)} (${strategy}, ${from.slice(0, 10)} to ${to.slice(0, 10)}): the whole month again through the gates, ` +
      `without these blocks (${dollars(unblocked.end_equity_usd)} at the end, ` +
      `${counted(blocked(unblocked), 'block')}, drawdown ${shareOf(unblocked)}), less the month as it is judged ` +
      `(${dollars(judged.end_equity_usd)}, ${counted(blocked(judged), 'block')}, drawdown ${shareOf(judged)})${fundingText(funding, funding.payments, 'payment')}.`,
    ...(played.proposals === undefined ? [] : proposalWords(played.proposals, judged.end_equity_usd, OF_PLANS)),
    startsWords(played),
  ];
}

function shareOf({ max_drawdown: share }: PlayedMonth): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** How the two plays are called that proposals were made in. */
const OF_EXITS = [
  ['original', 'with the original exits'],
  ['softened', 'with softened ones'],
] as const;
const OF_PLANS = [
  ['judged', 'as it is judged'],
  ['unblocked', 'without its blocks'],
] as const;

function startsWords({ starts }: PlayedWays<string>): string {
  const all = starts.map(({ pnl_usd }) => pnl_usd).sort((a, b) => a - b);
  const [lowest = 0, highest = 0] = [all[0], all.at(-1)];
  if (all.length === 1) return 'It is one path, from one starting hour: how far it depends on that is not known.';
  const middle = ((all[(all.length - 1) >> 1] ?? 0) + (all[all.length >> 1] ?? 0)) / 2;
  const gained = all.filter((usd) => usd > 0).length;
  const both = gained > 0 && gained < all.length ? ': not distinguishable from 0' : '';
  return (
    `From ${all.length} starting hours it came to ${signed(lowest)} to ${signed(highest)}, ${signed(middle)} in the middle, ` +
    `above 0 in ${gained}${both}.`
  );
}

/** What of the log was proposed again and what was not, and how far that comes out as the log. */
function proposalWords<Side extends string>(
  of: PlayedProposals<Side>,
  endUsd: number,
  sides: readonly (readonly [side: Side, words: string])[],
): readonly string[] {
  const { opens, closes, held, not_carried, left_out, logged_end_equity_usd: loggedUsd } = of;
  const byHand = held === 0 ? '' : `, and ${counted(held, 'position')} that no plan opened held from when first seen`;
  const lists = [
    ['Not carried as it was', not_carried] as const,
    ...sides.map(([side, words]) => [`Came to no plan ${words}`, left_out[side]] as const),
  ];
  const [, first = ''] = sides[0] ?? [];
  const said = lists.flatMap(([name, counts]) => {
    const each = Object.entries(counts).map(([why, count]) => `${why} ${count}`);
    return each.length === 0 ? [] : [`${name}: ${each.join(', ')}.`];
  });
  const apart =
    loggedUsd === null
      ? 'The log has no reading of the equity to hold it against.'
      : `It ends at ${dollars(endUsd)} ${first}, the log's last reading is ${dollars(loggedUsd)}.`;
  const again = `${counted(opens, 'open')} and ${counted(closes, 'close')} of the log were proposed again at the ends of their hours${byHand}.`;
  return [again, ...said, apart];
}

/** US dollars with a sign in front, for what was won or lost. */
export function signed(usd: number): string {
  return usd > 0 ? `+${dollars(usd)}` : dollars(usd);
}
