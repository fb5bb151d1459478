import { Icon } from '../../parts/icons.tsx';
import { ProblemLine } from '../../parts/problem-line.tsx';
import type { Overview } from '../../state/wire.ts';
import { counted } from '../../text/figures.ts';
import { toldProblems } from '../../text/problem-words.ts';

/** What is wrong right now, worst first, each with what to do. */
export function Problems({ now }: { readonly now: Overview }) {
  const problems = toldProblems(now.problems);
  if (problems.length === 0) {
    return (
      <div class="problems well" role="status">
        <Icon name="well" /> Nothing is wrong right now.
      </div>
    );
  }
  const critical = problems.filter(({ severity }) => severity === 'critical').length;
  return (
    <section class="problems" aria-label="What is wrong right now" aria-live="polite">
      <h2>
        {counted(problems.length, 'thing')} to look at{critical === 0 ? '' : `, ${critical} critical`}
      </h2>
      <ul>
        {problems.map((problem) => (
          <ProblemLine key={`${problem.key} ${problem.what}`} problem={problem} now={now} />
        ))}
      </ul>
    </section>
  );
}
