import { VerdictBadge } from '../../parts/badges.tsx';
import { Icon } from '../../parts/icons.tsx';
import { type Filters, isFiltered, isWanted } from '../../state/filters.ts';
import { tape } from '../../state/live.ts';
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

/** Rows that came while somebody reads: they are drawn when asked for. */
function HeldBack({ held, filters }: { readonly held: number; readonly filters: Filters }) {
  const wanted = tape.value.waiting.filter((row) => isWanted(row, filters)).length;
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
