import { HOUR_SEC } from '../../../../../schemas/duration.ts';
import { Card } from '../../parts/card.tsx';
import { ActionButton } from '../../parts/guarded.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Empty } from '../../parts/states.tsx';
import { figures, Head } from '../../parts/table.tsx';
import { askFeed, disarm, tradingState } from '../../state/actions.ts';
import type { Overview } from '../../state/wire.ts';
import { span } from '../../text/moments.ts';
import { toldProblems } from '../../text/problem-words.ts';

/** Problems whose cause is a feed, by the first word of their keys. */
const OF_FEEDS = /^(?:feed|account|market|difference) /;

/** How fresh each feed is. */
export function FeedsCard({ now }: { readonly now: Overview }) {
  return (
    <Card title="Feeds" wide="feeds">
      {now.feeds.length === 0 ? (
        <Empty
          why="Nothing is collected here: other programs write account and market. A local exchange to try the feeds on:"
          command="npx portcullis exchange"
        />
      ) : (
        <table>
          <Head columns={['Feed', 'State', ...figures('Age')]} />
          <tbody>
            {now.feeds.map(({ feed, age_sec, error, source, ...rest }) => {
              const word = wordOf(now, { feed, age_sec, ...rest });
              return (
                <tr key={feed} title={[source, error].filter((text) => text !== '').join(': ')}>
                  <th scope="row">{feed}</th>
                  <td>
                    <span class={`verdict ${word === 'fresh' ? 'passed' : 'stopped'}`}>
                      <Icon name={word === 'fresh' ? 'passed' : 'warning'} />
                      {word}
                    </span>
                  </td>
                  <td class="number">{age_sec === null ? '–' : span(age_sec)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      <Ailing now={now} />
    </Card>
  );
}

/** A feed that nobody here knows the settings of is not called fresh for longer, seconds: no feed asks so seldom. */
const STALE_SEC = 3 * HOUR_SEC;

/** How a feed is: what its collector said last is not so any more once it is dead. */
function wordOf({ problems }: Overview, { feed, state, age_sec }: Pick<Feed, 'feed' | 'state' | 'age_sec'>): string {
  if (problems.some(({ key }) => key === `feed ${feed}`)) return 'dead';
  if (state !== 'ok') return state;
  return age_sec === null || age_sec > STALE_SEC ? 'stale' : 'fresh';
}

type Feed = Overview['feeds'][number];

/** What is wrong with the feeds, what to do about it, and how to open nothing on what they said last. */
function Ailing({ now }: { readonly now: Overview }) {
  const ailing = toldProblems(now.problems).filter(({ key }) => OF_FEEDS.test(key));
  if (ailing.length === 0) return null;
  return (
    <div class="ailing">
      {ailing.map((problem) => (
        <div key={problem.key}>
          <p>
            <bdi>{problem.sentence}</bdi>. <span class="muted">{problem.do}</span>
          </p>
          {problem.key.startsWith('feed ') ? (
            <p class="buttons">
              <ActionButton action={askFeed(problem)}>Ask again …</ActionButton>
            </p>
          ) : null}
        </div>
      ))}
      {now.armed && now.trading_state === 'ACTIVE' ? (
        <>
          <p>Until it is fresh again, plans that open a position can be refused; exits pass.</p>
          <p class="buttons">
            <ActionButton action={tradingState('REDUCING')}>Only reduce meanwhile …</ActionButton>
            <ActionButton action={disarm}>Disarm …</ActionButton>
          </p>
        </>
      ) : (
        <p>Plans that open a position are refused meanwhile; exits pass by the rules of the trading state.</p>
      )}
    </div>
  );
}
