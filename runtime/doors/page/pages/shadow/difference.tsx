import { useSignal } from '@preact/signals';
import { Card } from '../../parts/card.tsx';
import { Choices } from '../../parts/choices.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { addressOf } from '../../state/api.ts';
import { useLoaded } from '../../state/loaded.ts';
import type { ShadowReport } from '../../state/wire.ts';
import { count, percent, ratio } from '../../text/figures.ts';
import { shadowSentences } from '../../text/shadow-words.ts';
import { CandidatePart } from './candidate.tsx';
import { ReportTables } from './tables.tsx';

const SPANS = ['24h', '48h', '7d', '31d'] as const;
const HORIZONS = ['1h', '4h', '24h', '48h', '7d'] as const;

/** What a gate in shadow would have changed, or in enforce did: in counts and in dollars. */
export function DifferenceCard({ gate }: { readonly gate: string }) {
  const since = useSignal<(typeof SPANS)[number]>('48h');
  const horizon = useSignal<(typeof HORIZONS)[number]>('24h');
  const asked = { gate, since: since.value, horizon: horizon.value };
  const loaded = useLoaded<ShadowReport>('/v1/shadow', asked);
  const choice = (
    <Choices label="Span" choices={SPANS} chosen={since.value} onChoose={(span) => (since.value = span)} />
  );
  const followed = loaded.data !== undefined && 'money' in loaded.data ? 'Kept parts' : 'Plans';
  const hasMoney = loaded.data !== undefined && ('money' in loaded.data || 'plan_money' in loaded.data);
  return (
    <Card title="Shadow against enforced" wide="difference" aside={choice}>
      {hasMoney ? (
        <div>
          <span>{followed} are followed for at most</span>
          <Choices
            label="Horizon"
            choices={HORIZONS}
            chosen={horizon.value}
            onChoose={(one) => (horizon.value = one)}
          />
        </div>
      ) : null}
      <Answer loaded={loaded} what="the decisions of this time">
        {(report) =>
          report.figures.decisions === 0 ? (
            <Empty
              why={`${gate} decided nothing in this time.`}
              command={`npx portcullis report ${gate} --since ${since.value}`}
            />
          ) : (
            <>
              <Difference report={report} />
              <p class="buttons">
                <a class="button" href={addressOf('/v1/shadow/page', asked)} download>
                  Save the whole report (HTML)
                </a>
              </p>
            </>
          )
        }
      </Answer>
    </Card>
  );
}

function Difference({ report }: { readonly report: ShadowReport }) {
  return (
    <>
      {shadowSentences(report).map((sentence) => (
        <p class="summary" key={sentence}>
          {sentence}
        </p>
      ))}
      {report.stopped ? (
        <p class="notice">Not all of it could be read in the time there is: these are the oldest.</p>
      ) : null}
      <ReportTables report={report} />
      {report.candidate === null ? null : <CandidatePart candidate={report.candidate} />}
      <h3>How sound it is</h3>
      <Figures figures={report.figures} />
    </>
  );
}

function Figures({ figures }: Pick<ShadowReport, 'figures'>) {
  const lines: readonly (readonly [string, string])[] = [
    ['Decisions', count(figures.decisions)],
    ['Hours covered', ratio(figures.hours, 1)],
    ['By mode', words(figures.modes)],
    ['By verdict', words(figures.verdicts)],
    ['Stood in the way', `${count(figures.changed)} (${percent(figures.changed_share)})`],
    ['Flip rate', percent(figures.flip_rate)],
    ['Inputs fresh', percent(figures.fresh_share, 2)],
    ['Stale rate', percent(figures.stale_rate, 2)],
    ['Could not be judged', count(figures.errors)],
    ['Protective exits changed', `${count(figures.protective_exits_changed)} of ${count(figures.protective_exits)}`],
  ];
  return (
    <dl class="figures small">
      {lines.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function words(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, many]) => `${name} ${count(many)}`)
    .join(', ');
}
