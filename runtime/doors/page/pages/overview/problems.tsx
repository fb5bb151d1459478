import { Icon } from '../../parts/icons.tsx';
import { Moment } from '../../parts/moment.tsx';
import type { Overview, Problem } from '../../state/wire.ts';
import { counted } from '../../text/figures.ts';

/** What is wrong right now, worst first, each with what to do. */
export function Problems({ now }: { readonly now: Overview }) {
  const { problems } = now;
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
          <ProblemLine key={problem.what} problem={problem} />
        ))}
      </ul>
    </section>
  );
}

function ProblemLine({ problem }: { readonly problem: Problem }) {
  const { severity, what, do: action, since } = problem;
  return (
    <li class={severity}>
      <Icon name={severity} />
      <div>
        <p>
          <span class="severity">{severity}</span> {what}
          {since === null ? null : (
            <span class="muted">
              {' '}
              since <Moment at={since} />
            </span>
          )}
        </p>
        <p class="do">→ {action}</p>
      </div>
    </li>
  );
}
