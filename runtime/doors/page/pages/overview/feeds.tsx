import { Card } from '../../parts/card.tsx';
import { ActionButton } from '../../parts/guarded.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Empty } from '../../parts/states.tsx';
import { figures, Head } from '../../parts/table.tsx';
import { disarm, tradingState } from '../../state/actions.ts';
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
            {now.feeds.map(({ feed, state, age_sec, error, source }) => (
              <tr key={feed} title={[source, error].filter((text) => text !== '').join(': ')}>
                <th scope="row">{feed}</th>
                <td>
                  <span class={`verdict ${state === 'fresh' ? 'passed' : 'stopped'}`}>
                    <Icon name={state === 'fresh' ? 'passed' : 'warning'} />
                    {state}
                  </span>
                </td>
                <td class="number">{age_sec === null ? '–' : span(age_sec)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Ailing now={now} />
    </Card>
  );
}

/** What is wrong with the feeds, what to do about it, and how to open nothing on what they said last. */
function Ailing({ now }: { readonly now: Overview }) {
  const ailing = toldProblems(now.problems).filter(({ key }) => OF_FEEDS.test(key));
  if (ailing.length === 0) return null;
  return (
    <div class="ailing">
      {ailing.map(({ key, sentence, do: todo }) => (
        <p key={key}>
          <bdi>{sentence}</bdi>. <span class="muted">{todo}</span>
        </p>
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
