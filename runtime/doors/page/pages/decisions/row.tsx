import { ModeBadge, VerdictBadge } from '../../parts/badges.tsx';
import { LongText } from '../../parts/long-text.tsx';
import { Moment } from '../../parts/moment.tsx';
import { replaceParams } from '../../state/address.ts';
import type { Row } from '../../state/wire.ts';
import { type SortColumn, sortKeys } from '../../text/export.ts';
import { toneOf } from '../../text/words.ts';

/** Characters of a text that is seen whole elsewhere. */
const MOST_TITLE = 200;
const COLUMNS = Object.keys(sortKeys) as readonly SortColumn[];

/** The headings of decisions; who asked has a column where any of them says it. */
export function decisionColumns(withStrategy: boolean): readonly SortColumn[] {
  return withStrategy ? COLUMNS : COLUMNS.filter((column) => column !== 'Strategy');
}

/** Whether any of these decisions says who asked. */
export function saysStrategy(rows: readonly Row[]): boolean {
  return rows.some(({ strategy }) => strategy !== undefined);
}

/** A decision as a row; a click on it, or its plan's button, opens the way of the plan. */
export function DecisionCells({ row, withStrategy }: { readonly row: Row; readonly withStrategy: boolean }) {
  const { at, gate, handler, verdict, symbol, action, reason, summary, plan_id: plan, mode } = row;
  const open = () => plan !== '' && replaceParams({ plan });
  return (
    <tr class={`${toneOf(verdict)} ${plan === '' ? '' : 'opens'}`} onClick={open}>
      <td class="time">
        <Moment at={at} />
      </td>
      <td>{gate === '' ? handler : gate}</td>
      <td>
        <VerdictBadge verdict={verdict} />
      </td>
      <td>
        <LongText text={symbol} />
      </td>
      <td>
        <LongText text={action} />
      </td>
      <td class="why" title={reason.slice(0, MOST_TITLE)}>
        <LongText text={summary === '' ? reason : summary} />
      </td>
      <td class="plan">
        {plan === '' ? null : (
          <button type="button" class="link" title="Explain this plan">
            <bdi>{plan.length > MOST_TITLE ? `${plan.slice(0, MOST_TITLE)}…` : plan}</bdi>
          </button>
        )}
      </td>
      <td>{mode === '' ? null : <ModeBadge mode={mode} />}</td>
      {withStrategy ? <td>{row.strategy}</td> : null}
    </tr>
  );
}
