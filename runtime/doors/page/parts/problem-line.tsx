import { type Action, arm, askFeed, confirmLoss, release, releaseLoss, tradingState } from '../state/actions.ts';
import { namesPortfolio } from '../state/address.ts';
import { type Act, isUnused, remedyOf } from '../state/remedies.ts';
import type { Overview } from '../state/wire.ts';
import type { ToldProblem } from '../text/problem-words.ts';
import { ActionButton } from './guarded.tsx';
import { Icon } from './icons.tsx';
import { Moment } from './moment.tsx';

/** What each change is called on its button. */
const ACTS: Readonly<Record<Act, readonly [word: string, action: Action | ((problem: ToldProblem) => Action)]>> = {
  release: ['Release it …', release],
  'go on': ['Go on …', tradingState('ACTIVE')],
  arm: ['Arm it …', arm],
  'release losses': ['Release it …', releaseLoss],
  'confirm losses': ['Confirm it …', confirmLoss],
  'ask feed': ['Ask again …', askFeed],
};

/** A problem as a sentence, with the button that goes to the thing, or does it. */
export function ProblemLine({ problem, now, isOfSeveral = false }: LineProps) {
  const { severity, do: todo, alsoSo } = problem;
  return (
    <li class={severity}>
      <Icon name={severity} />
      {isOfSeveral ? (
        <details class="brief">
          <summary>
            <strong>{now.portfolio}: </strong>
            <Sentence problem={problem} />
          </summary>
        </details>
      ) : (
        <div>
          <p>
            <Sentence problem={problem} />
          </p>
          {alsoSo.map((also) => (
            <p key={also} class="muted">
              {also}
            </p>
          ))}
          <p class="muted wide-only">{todo}</p>
        </div>
      )}
      <RemedyButton problem={problem} now={now} />
    </li>
  );
}

function Sentence({ problem: { severity, sentence, since } }: Pick<LineProps, 'problem'>) {
  return (
    <>
      <span class="severity">{severity}</span> <bdi>{sentence}</bdi>
      {since === null ? null : (
        <span class="muted wide-only">
          {' '}
          since <Moment at={since} />
        </span>
      )}
    </>
  );
}

interface LineProps {
  readonly problem: ToldProblem;
  readonly now: Overview;
  /** Whether it stands among those of other portfolios, each in two or three lines at most until somebody wants all of it. */
  readonly isOfSeveral?: boolean;
}

function RemedyButton({ problem, now }: Pick<LineProps, 'problem' | 'now'>) {
  const remedy = remedyOf(problem, {
    portfolio: namesPortfolio.value ? now.portfolio : undefined,
    isLossUnconfirmed: (now.loss?.unconfirmed ?? null) !== null,
    isUnused: isUnused(now),
  });
  if ('act' in remedy) {
    const [word, act] = ACTS[remedy.act];
    const action = typeof act === 'function' ? act(problem) : act;
    return (
      <ActionButton action={{ ...action, portfolio: now.portfolio }} kind="remedy">
        {word}
      </ActionButton>
    );
  }
  return (
    <a class="button remedy" href={remedy.href}>
      {remedy.word}
    </a>
  );
}
