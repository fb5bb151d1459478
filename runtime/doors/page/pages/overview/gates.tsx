import { skippedText } from '../../../../../schemas/check-words.ts';
import { ModeBadge } from '../../parts/badges.tsx';
import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import type { Overview } from '../../state/wire.ts';
import { modeWords } from '../../text/words.ts';

/** The mode of each gate, what it means, and who set it. */
export function GatesCard({ now }: { readonly now: Overview }) {
  return (
    <Card title="Gates" wide="gates-card">
      <ul class="gate-list">
        {now.gates.map(({ gate, mode, enforcing, actor, since, candidate, foreign, skips }) => (
          <li key={gate} class={modeWords(mode, !enforcing).force}>
            <div>
              <strong>{gate}</strong> <ModeBadge mode={mode} isSilent={!enforcing} />
            </div>
            <p>{modeWords(mode, !enforcing).says}</p>
            {skips.length === 0 ? null : <p class="why">{skippedText(skips)}</p>}
            {foreign === null ? null : <p class="why">set by somebody outside, and not in force: {foreign}</p>}
            <p class="muted">
              {actor === '' ? 'set by nobody yet' : `set by ${actor}`} <Moment at={since} />
              {candidate === null ? '' : ` · candidate ${candidate.slice(0, 8)} is judged by beside it`}
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}
