import { ToneIcon } from '../../parts/icons.tsx';
import { Moment } from '../../parts/moment.tsx';
import type { ActivationView } from '../../state/wire.ts';
import { count, percent } from '../../text/figures.ts';
import { conditionWords, watchWords } from '../../text/watch.ts';
import { spaced } from '../../text/words.ts';

type Watch = NonNullable<ActivationView['last']>;

/** The last activation: how its watch stands or what it came to, and what would end it early. */
export function WatchPart({ last, atMs }: { readonly last: Watch; readonly atMs: number }) {
  const { text, tone } = watchWords(last, atMs);
  return (
    <section class="watch" aria-label="Last activation">
      <p class={`verdict ${tone}`} role="status">
        <ToneIcon tone={tone} />
        {text}
      </p>
      <p class="muted">
        Activated <Moment at={last.started_ms / 1000} /> by {last.actor}: “{last.reason}”. {count(last.decisions)}{' '}
        decisions since.
        {last.forced === '' ? null : <strong> Forced past {spaced(last.forced).replaceAll(',', ', ')}.</strong>}
      </p>
      {last.state === 'watching' ? <Conditions last={last} /> : null}
    </section>
  );
}

function Conditions({ last }: { readonly last: Watch }) {
  return (
    <details>
      <summary>
        What rolls it back before <Moment at={last.until_ms / 1000} isShort />
      </summary>
      <dl class="figures small">
        {conditionWords(last).map(([what, most]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{most}</dd>
          </div>
        ))}
      </dl>
      <p class="muted">Before the activation it stood in the way of {percent(last.changed_share)} of the decisions.</p>
    </details>
  );
}
