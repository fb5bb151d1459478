import { ModeBadge } from '../parts/badges.tsx';
import { Card } from '../parts/card.tsx';
import { HeatChip } from '../parts/heat-chip.tsx';
import { ProblemLine } from '../parts/problem-line.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { figures, Head } from '../parts/table.tsx';
import { TradingWord } from '../parts/trading-word.tsx';
import { linkTo } from '../state/address.ts';
import { useLoaded, useReadOn } from '../state/loaded.ts';
import { type KnownOverview, useOverviews } from '../state/overviews.ts';
import { session } from '../state/session.ts';
import type { ActivityHours, Overview } from '../state/wire.ts';
import { counted, money, ratio } from '../text/figures.ts';
import { type HourWords, hourWords } from '../text/hour-words.ts';
import { type ToldProblem, toldProblems, worstOfAll } from '../text/problem-words.ts';

const COLUMNS = [
  'Portfolio',
  'Trading',
  'Heat',
  ...figures('Equity', 'Drawdown'),
  'Last hour',
  'Gates',
  'What is wrong',
];
const REFRESH_MS = 5_000;
/** Of many portfolios each is asked less often: an overview looks at much. */
const REFRESH_EACH_MS = 500;
/** Problems of all portfolios that are named on top. */
const MOST_LINES = 12;

/** All portfolios, a row each, in the order in which they are served. */
export function PortfoliosPage() {
  const served = session.value?.portfolios ?? [];
  const everyMs = Math.max(REFRESH_MS, served.length * REFRESH_EACH_MS);
  const told = useOverviews(served, everyMs);
  const hours = useLoaded<ActivityHours>('/v1/activity/hours', {}, everyMs);
  useReadOn(hours);
  const hourOf = (prefix: string) => hours.data?.portfolios.find(({ portfolio }) => portfolio === prefix);
  return (
    <>
      <h1 class="unseen">Portfolios</h1>
      <WorstLines known={served.flatMap((prefix) => told.get(prefix)?.now ?? [])} />
      <Card title="Portfolios" aside={counted(served.length, 'portfolio')}>
        <Scroll name="Portfolios">
          <table class="portfolios stacked">
            <Head columns={COLUMNS} />
            <tbody>
              {served.map((prefix) => (
                <PortfolioRow
                  key={prefix}
                  prefix={prefix}
                  told={told.get(prefix)}
                  hour={hourWords(hourOf(prefix), hours.error)}
                />
              ))}
            </tbody>
          </table>
        </Scroll>
      </Card>
    </>
  );
}

/** What is wrong anywhere, worst first, each with the button that deals with it. */
function WorstLines({ known }: { readonly known: readonly Overview[] }) {
  const all = worstOfAll(known);
  if (all.length === 0) return null;
  return (
    <section class="problems" aria-label="What is wrong right now" aria-live="polite">
      <h2>{counted(all.length, 'thing')} to look at</h2>
      <ul>
        {all.slice(0, MOST_LINES).map(({ portfolio, problem }) => {
          const now = known.find((one) => one.portfolio === portfolio);
          if (now === undefined) return null;
          return (
            <ProblemLine key={`${portfolio} ${problem.key} ${problem.what}`} problem={problem} now={now} isOfSeveral />
          );
        })}
      </ul>
      {all.length > MOST_LINES ? <p class="muted">{all.length - MOST_LINES} more, in the rows below.</p> : null}
    </section>
  );
}

interface RowProps {
  readonly prefix: string;
  readonly told: KnownOverview | undefined;
  readonly hour: HourWords;
}

function PortfolioRow({ prefix, told, hour }: RowProps) {
  return (
    <tr>
      <th scope="row">
        <a href={linkTo('overview', { portfolio: prefix })}>{prefix}</a>
      </th>
      {told?.now === undefined ? (
        <td colSpan={COLUMNS.length - 1} class={told === undefined ? 'muted' : 'problem'}>
          {told === undefined ? 'Reading …' : `Not known: ${told.error}`}
        </td>
      ) : (
        <Figures now={told.now} error={told.error} hour={hour} />
      )}
    </tr>
  );
}

function Figures({ now, error, hour }: { readonly now: Overview; readonly error: string; readonly hour: HourWords }) {
  const { equity_usd: equity, drawdown_pct: drawdown, gates, heat } = now;
  return (
    <>
      <td>
        <TradingWord now={now} />
      </td>
      <td>
        <HeatChip heat={heat} />
      </td>
      <Figure name="equity" text={equity === null ? undefined : money(equity)} />
      <Figure name="drawdown" text={drawdown === null ? undefined : `${ratio(drawdown)} %`} />
      <td class="hour">
        <span class="narrow-only muted">last hour </span>
        {hour.text === undefined ? <span class="unknown">{hour.why}</span> : hour.text}
        {hour.bad === '' ? null : <span class="problem"> {hour.bad}</span>}
      </td>
      <td class="modes">
        {gates.map(({ gate, mode, enforcing }) => (
          <span key={gate} title={gate}>
            <ModeBadge mode={mode} isSilent={!enforcing} />{' '}
          </span>
        ))}
      </td>
      <td class="worst">
        {error === '' ? null : <p class="problem">As it was before: {error}</p>}
        <Worst problems={toldProblems(now.problems)} />
      </td>
    </>
  );
}

/** A figure that may not be known; its name stands beside it where the columns have no heads. */
function Figure({ name, text }: { readonly name: string; readonly text: string | undefined }) {
  return (
    <td class="number">
      <span class="narrow-only muted">{name} </span>
      {text ?? <span class="unknown">not known</span>}
    </td>
  );
}

/** The worst of what is wrong, and how much else there is. */
function Worst({ problems }: { readonly problems: readonly ToldProblem[] }) {
  const [worst, ...others] = problems;
  if (worst === undefined) return <span class="verdict passed">nothing</span>;
  return (
    <>
      <span class={worst.severity === 'critical' ? 'problem' : 'warned'}>
        <bdi>{worst.sentence}</bdi>
      </span>
      {others.length === 0 ? null : <span class="muted"> and {counted(others.length, 'thing')} more</span>}
    </>
  );
}
