import { useComputed } from '@preact/signals';
import { Component } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Empty } from '../../parts/states.tsx';
import { Head } from '../../parts/table.tsx';
import { type Filters, isFiltered, isWanted, rowsFor } from '../../state/filters.ts';
import { overview, tape } from '../../state/live.ts';
import { zone } from '../../state/preferences.ts';
import { TAPE_ROWS } from '../../state/tape.ts';
import type { Row } from '../../state/wire.ts';
import { DecisionCells, decisionColumns, saysStrategy } from './row.tsx';

/** Rows that are drawn in a frame, a screenful: a click behind them waits for no more than these. */
const ROWS_A_FRAME = 24;

/** The newest decisions, newest first. */
export function TapeTable({ filters }: { readonly filters: Filters }) {
  const rows = useComputed(() => tape.value.rows).value;
  const wanted = useMemo(() => {
    const nowMs = (overview.peek()?.at ?? Date.now() / 1000) * 1000;
    return rowsFor(rows, filters).filter((row) => isWanted(row, filters, nowMs));
  }, [rows, filters]);
  const drawn = useGrowing(wanted.length, JSON.stringify(filters));
  const withStrategy = saysStrategy(wanted);
  if (wanted.length === 0) return <NothingHere isFiltered={isFiltered(filters)} isEmpty={rows.length === 0} />;
  return (
    <table class="tape">
      <caption class="unseen">The newest decisions, newest first, at most {TAPE_ROWS}</caption>
      <Head columns={decisionColumns(withStrategy)} />
      <tbody>
        {wanted.slice(0, drawn).map((row) => (
          <StillRow key={row.id} row={row} zone={zone.value} withStrategy={withStrategy} />
        ))}
      </tbody>
    </table>
  );
}

/** How many of so many are drawn: the first ones, and with each frame more. It begins anew for something else, also for what was drawn before. */
function useGrowing(all: number, of: string): number {
  const [grown, setGrown] = useState({ of, to: ROWS_A_FRAME });
  if (grown.of !== of) setGrown({ of, to: ROWS_A_FRAME });
  const to = grown.of === of ? grown.to : ROWS_A_FRAME;
  const isWhole = to >= all;
  useEffect(() => {
    if (isWhole) return undefined;
    const frame = requestAnimationFrame(() => setGrown({ of, to: to + ROWS_A_FRAME }));
    return () => cancelAnimationFrame(frame);
  }, [of, to, isWhole]);
  return to;
}

interface RowProps {
  readonly row: Row;
  /** Only so that it is drawn again for another zone. */
  readonly zone: string;
  readonly withStrategy: boolean;
}

/** A decision never changes: 500 of them are looked at four times a second, and drawn once. */
export class StillRow extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { row, zone: shown, withStrategy } = this.props;
    return next.row.id !== row.id || next.zone !== shown || next.withStrategy !== withStrategy;
  }

  override render({ row, withStrategy }: RowProps) {
    return <DecisionCells row={row} withStrategy={withStrategy} />;
  }
}

function NothingHere({ isFiltered: filtered, isEmpty }: { readonly isFiltered: boolean; readonly isEmpty: boolean }) {
  if (isEmpty) {
    return (
      <Empty
        why="No gate has decided anything yet: nothing was proposed or planned."
        command="npx portcullis demo --console"
      />
    );
  }
  return <Empty why={filtered ? 'None of the newest decisions is wanted by this filter. Older ones are below.' : ''} />;
}
