import type uPlot from 'uplot';
import type { LedgerRow } from '../state/wire.ts';
import { counted } from '../text/figures.ts';
import { spaced } from '../text/words.ts';
import { Moment } from './moment.tsx';
import type { ColourOf } from './plot.tsx';

/** A change of a mode, a limit or a switch. */
export interface Mark {
  /** Unix seconds. */
  readonly at: number;
  readonly text: string;
}

/** Changes that charts mark, by how their actions begin. */
const MARKED = /^(?:kill|mode|policy|limits|state|arm|disarm|trading|loss|activat|roll|reduce)/;
/** Changes that are listed. */
const MOST_LISTED = 8;

/** The changes of the ledger that charts mark, within a span, newest first. */
export function marksOf(rows: readonly LedgerRow[], since: number): readonly Mark[] {
  return rows.flatMap(({ at, action, gate, actor }) => {
    if (at === null || at < since || !MARKED.test(action)) return [];
    return [{ at, text: [spaced(action), gate, `by ${actor}`].filter((word) => word !== '').join(' ') }];
  });
}

/** What a plot with these marks is drawn by. */
export function looksOf(marks: readonly Mark[]): string {
  return marks.map(({ at }) => at).join();
}

/** A line through a plot where each change was made. */
export function drawMarks(plot: uPlot, colour: ColourOf, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour('--warn');
  ctx.setLineDash([4, 4]);
  for (const { at } of marks) {
    const x = Math.round(plot.valToPos(at, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** What the marks are, in words. */
export function MarkList({ marks }: { readonly marks: readonly Mark[] }) {
  if (marks.length === 0) return null;
  return (
    <details class="marks">
      <summary>{counted(marks.length, 'change')} marked</summary>
      <ul>
        {marks.slice(0, MOST_LISTED).map(({ at, text }) => (
          <li key={`${at} ${text}`}>
            <Moment at={at} /> <bdi>{text}</bdi>
          </li>
        ))}
        {marks.length > MOST_LISTED ? <li>… all in the ledger, under Operations</li> : null}
      </ul>
    </details>
  );
}
