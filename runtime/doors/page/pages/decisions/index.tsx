import { computed, effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { address } from '../../state/address.ts';
import { filtersOf } from '../../state/filters.ts';
import { tapeIsHeld } from '../../state/live.ts';
import { ExplanationDrawer } from './explanation.tsx';
import { Filters } from './filters.tsx';
import { isAway, isPaused } from './hold.ts';
import { Older } from './older.tsx';
import { TapeTable } from './tape-table.tsx';
import { TapeTools } from './tape-tools.tsx';

const filters = computed(() => filtersOf(address.value.params));

/** Decisions as they are made, and the whole log behind them. */
export function DecisionsPage() {
  const head = useRef<HTMLDivElement>(null);
  useEffect(
    () =>
      effect(() => {
        tapeIsHeld.value = isPaused.value || isAway.value;
      }),
    [],
  );
  useEffect(() => watchScroll(head.current), []);
  const plan = address.value.params.get('plan');
  return (
    <>
      <h1 class="unseen">Decisions</h1>
      <Filters filters={filters.value} />
      <TapeTools filters={filters.value} />
      <div ref={head} />
      <TapeTable filters={filters.value} />
      <Older filters={filters.value} />
      {plan === null ? null : <ExplanationDrawer key={plan} plan={plan} />}
    </>
  );
}

/** Whoever has scrolled past the head of the tape reads: rows must not move under the eyes. */
function watchScroll(head: HTMLElement | null): (() => void) | undefined {
  if (head === null) return undefined;
  const seen = new IntersectionObserver(([entry]) => {
    isAway.value = entry?.isIntersecting === false && entry.boundingClientRect.top < 0;
  });
  seen.observe(head);
  return () => {
    seen.disconnect();
    isAway.value = false;
    tapeIsHeld.value = isPaused.value;
  };
}
