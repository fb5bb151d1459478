import { Card } from '../../parts/card.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Empty } from '../../parts/states.tsx';
import { figures, Head } from '../../parts/table.tsx';
import type { Overview } from '../../state/wire.ts';
import { span } from '../../text/moments.ts';

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
    </Card>
  );
}
