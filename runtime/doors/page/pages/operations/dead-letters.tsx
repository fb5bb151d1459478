import { useSignal } from '@preact/signals';
import { Card } from '../../parts/card.tsx';
import { Choices } from '../../parts/choices.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { address } from '../../state/address.ts';
import { useLoaded } from '../../state/loaded.ts';
import type { DeadLetterCounts } from '../../state/wire.ts';
import { count } from '../../text/figures.ts';
import { LettersOfStream } from './letters.tsx';

const REFRESH_MS = 10_000;

/** What could not be understood or judged: look at it, put it back, or drop it. */
export function DeadLettersCard() {
  const loaded = useLoaded<DeadLetterCounts>('/v1/dead-letters', {}, REFRESH_MS);
  return (
    <Card title="Dead letters" wide="dead-letters">
      <Answer loaded={loaded} what="the dead letters">
        {(counts) => <Streams counts={counts} onChange={loaded.reload} />}
      </Answer>
    </Card>
  );
}

function Streams({ counts, onChange }: { readonly counts: DeadLetterCounts; readonly onChange: () => void }) {
  const chosen = useSignal<string | undefined>(address.value.params.get('stream') ?? undefined);
  const filled = counts.streams.filter((one) => one.count > 0);
  const shown = filled.find(({ stream }) => stream === chosen.value) ?? filled[0];
  if (shown === undefined) return <Empty why="None: every message was understood and judged." />;
  return (
    <>
      <Choices
        label="Stream"
        choices={filled.map(({ stream }) => stream)}
        chosen={shown.stream}
        onChoose={(stream) => (chosen.value = stream)}
        wordOf={(stream) => `${stream} ${count(filled.find((one) => one.stream === stream)?.count)}`}
      />
      <LettersOfStream key={shown.stream} stream={shown.stream} onChange={onChange} />
    </>
  );
}
