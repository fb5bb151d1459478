import { fundingText } from '../../../../../schemas/funding-text.ts';
import { surenessText } from '../../../../../schemas/sureness-text.ts';
import { type Column, Table } from '../../parts/table.tsx';
import type { ShadowReport } from '../../state/wire.ts';
import { count, counted, money as dollars, signedMoney } from '../../text/figures.ts';
import { spanWords } from '../../text/shadow-words.ts';
import { spaced } from '../../text/words.ts';

type CandidateSaid = NonNullable<ShadowReport['candidate']>;

/** What the candidate policy said otherwise, by day and by what was said. */
export function CandidatePart({ candidate }: { readonly candidate: CandidateSaid }) {
  const { decisions, differ, passed, candidate_passed, failed, days, changes } = candidate;
  return (
    <>
      <h3>The candidate</h3>
      <p class="summary">
        The candidate said something else on {count(differ)} of {counted(decisions, 'decision')}: {count(passed)} went
        through, {count(candidate_passed)} by the candidate.
      </p>
      {failed === 0 ? null : <p class="notice">It failed on {counted(failed, 'decision')}: see the log.</p>}
      <Money money={candidate.money} />
      <Table name="Candidate by day" columns={DAYS} rows={days} keyOf={({ at }) => String(at)} />
      {changes.length === 0 ? null : (
        <Table
          name="What the candidate said otherwise"
          columns={CHANGES}
          rows={changes}
          keyOf={({ in_force, candidate: said }) => `${in_force} ${said}`}
        />
      )}
    </>
  );
}

function Money({ money }: Pick<CandidateSaid, 'money'>) {
  if (money === null || money.effects === 0) return null;
  if (money.valued === 0) return <p class="summary">What that would have come to is not known: there are no prices.</p>;
  const open = money.effects - money.valued;
  return (
    <p class="summary">
      By the candidate it would have been {signedMoney(money.pnl_usd)} (direct, horizon {spanWords(money.horizon_sec)})
      {open === 0 ? '' : `; ${count(open)} of ${count(money.effects)} could not be valued`}:{' '}
      {surenessText(money, 'change')}
      {fundingText(money.funding, money.valued, 'change')}.
    </p>
  );
}

const DAYS: readonly Column<CandidateSaid['days'][number]>[] = [
  { head: 'Day', cell: ({ at }) => new Date(at * 1000).toISOString().slice(0, 'YYYY-MM-DD'.length) },
  { head: 'Decisions', cell: ({ decisions }) => count(decisions), isNumber: true, isWideOnly: true },
  { head: 'Differ', cell: ({ differ }) => count(differ), isNumber: true },
  { head: 'Through', cell: ({ passed }) => count(passed), isNumber: true },
  { head: 'By the candidate', cell: ({ candidate_passed }) => count(candidate_passed), isNumber: true },
  { head: 'Worth of plans', cell: ({ usd }) => signedMoney(usd), isNumber: true, isWideOnly: true },
  { head: 'Earned', cell: ({ pnl_usd }) => signedMoney(pnl_usd), isNumber: true },
];

const CHANGES: readonly Column<CandidateSaid['changes'][number]>[] = [
  { head: 'Decided', cell: ({ in_force }) => spaced(in_force) },
  { head: 'Candidate', cell: ({ candidate }) => spaced(candidate) },
  { head: 'Decisions', cell: ({ decisions }) => count(decisions), isNumber: true },
  { head: 'Worth', cell: ({ usd }) => dollars(usd), isNumber: true, isWideOnly: true },
];
