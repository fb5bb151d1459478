import { VerdictBadge } from '../../parts/badges.tsx';
import { Icon } from '../../parts/icons.tsx';
import { replaceParams } from '../../state/address.ts';
import { type Filters, isFiltered, isWanted, rowsFor, showsTicks } from '../../state/filters.ts';
import { tape } from '../../state/live.ts';
import { TICK_ROWS } from '../../state/tape.ts';
import { count, counted } from '../../text/figures.ts';
import { isAway, isPaused, togglePause } from './hold.ts';

/** Pause, what was counted since the page was opened, and how many are held back. */
export function TapeTools({ filters }: { readonly filters: Filters }) {
  const { counts, total, held, undrawn } = tape.value;
  const verdicts = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return (
    <div class="tape-tools">
      <button type="button" aria-pressed={isPaused.value} title="Space" onClick={togglePause}>
        <Icon name={isPaused.value ? 'play' : 'pause'} />
        {isPaused.value ? 'Resume' : 'Pause'}
      </button>
      <span class="counts">
        {count(total)} since this page was opened
        {verdicts.map(([verdict, many]) => (
          <span key={verdict}>
            <VerdictBadge verdict={verdict} /> {count(many)}
          </span>
        ))}
        <FoldedTicks filters={filters} />
        {undrawn > 0 ? (
          <span class="muted" title="More came at once than anybody can read: all are counted, and all are in the log.">
            {count(undrawn)} counted, not drawn
          </span>
        ) : null}
      </span>
      {held > 0 ? <HeldBack held={held} filters={filters} /> : null}
    </div>
  );
}

/** What schedules decide, budgets every few seconds, is folded until somebody wants it. */
function FoldedTicks({ filters }: { readonly filters: Filters }) {
  const ticks = tape.value.rows.filter(({ tick }) => tick).length;
  const isShown = filters.ticks === 'shown';
  if (ticks === 0 || (!isShown && showsTicks(filters))) return null;
  return (
    <button
      type="button"
      class="link"
      title="Decisions of schedules, such as budgets"
      onClick={() => replaceParams({ ticks: isShown ? '' : 'shown' })}
    >
      {isShown ? 'Fold ticks' : `${ticks >= TICK_ROWS ? `${TICK_ROWS} or more` : count(ticks)} ticks folded: show`}
    </button>
  );
}

/** Rows that came while somebody reads: they are drawn when asked for. */
function HeldBack({ held, filters }: { readonly held: number; readonly filters: Filters }) {
  const wanted = rowsFor(tape.value.waiting, filters).filter((row) => isWanted(row, filters)).length;
  const show = () => {
    isPaused.value = false;
    isAway.value = false;
    scrollTo({ top: 0 });
  };
  return (
    <button type="button" class="held primary" onClick={show}>
      ↑ {count(held)} new{isFiltered(filters) ? ` (${counted(wanted, 'match', 'matches')})` : ''}
    </button>
  );
}
