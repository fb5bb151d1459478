import { useSignal } from '@preact/signals';
import { Card } from '../../parts/card.tsx';
import { Answer } from '../../parts/states.tsx';
import { address } from '../../state/address.ts';
import { useLoaded } from '../../state/loaded.ts';
import type { DoctorAnswer } from '../../state/wire.ts';
import { counted } from '../../text/figures.ts';

type Finding = DoctorAnswer['findings'][number];

const WORST_FIRST: Readonly<Record<Finding['verdict'], number>> = { broken: 0, warn: 1, ok: 2 };
const WORDS = { broken: ['stopped', 'broken'], warn: ['changed', 'to know'], ok: ['passed', 'well'] } as const;

/** What every check of the running portfolio finds, when somebody asks. */
export function DoctorCard() {
  const isAsked = useSignal(address.value.params.get('at') === 'doctor');
  return (
    <Card title="Doctor" wide="doctor">
      {isAsked.value ? (
        <Findings />
      ) : (
        <p class="buttons">
          <button type="button" onClick={() => (isAsked.value = true)}>
            Look at everything
          </button>
          <span class="muted">
            Streams, dead letters, keys, modes, limits, inputs, feeds, and what became of permits.
          </span>
        </p>
      )}
    </Card>
  );
}

function Findings() {
  const loaded = useLoaded<DoctorAnswer>('/v1/doctor');
  return (
    <Answer loaded={loaded} what="every check">
      {({ findings }) => (
        <>
          <p class="buttons">
            <span role="status">{summary(findings)}</span>
            <button type="button" onClick={loaded.reload}>
              Look again
            </button>
          </p>
          <ul class="findings">
            {[...findings]
              .sort((one, other) => WORST_FIRST[one.verdict] - WORST_FIRST[other.verdict])
              .map((finding) => (
                <FindingLine key={`${finding.check} ${finding.found}`} finding={finding} />
              ))}
          </ul>
        </>
      )}
    </Answer>
  );
}

function FindingLine({ finding: { check, verdict, found, do: todo } }: { readonly finding: Finding }) {
  const [tone, word] = WORDS[verdict];
  return (
    <li>
      <span class={`verdict ${tone}`}>{word}</span> <strong>{check}</strong> <bdi>{found}</bdi>
      {todo === '' ? null : <span class="muted"> {todo}</span>}
    </li>
  );
}

function summary(findings: readonly Finding[]): string {
  const many = (verdict: Finding['verdict']) => findings.filter((one) => one.verdict === verdict).length;
  return `${counted(findings.length, 'check')}: ${many('broken')} broken, ${many('warn')} to know about, ${many('ok')} well.`;
}
