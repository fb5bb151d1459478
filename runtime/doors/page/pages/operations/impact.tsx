import type { PolicyPreview } from '../../state/wire.ts';
import { count, counted } from '../../text/figures.ts';

/** What a change of limits comes to: the limits, and the decisions of the last day that would have come out otherwise. */
export function ImpactWords({ preview }: { readonly preview: PolicyPreview }) {
  const { changed, impact } = preview;
  return (
    <>
      <ul class="diff">
        {Object.entries(changed).map(([name, { before, after }]) => (
          <li key={name}>
            <strong>{name}</strong> <del>{before}</del> → <ins>{after}</ins>
          </li>
        ))}
      </ul>
      <p>
        Of {counted(impact.decisions, 'decision')} of the last 24 h, <strong>{count(impact.changed)}</strong> would have
        come out otherwise, {count(impact.verdict_changed)} of them with another verdict. Each is judged alone: what it
        decides otherwise changes nothing for those behind it.
        {impact.not_recorded === 0
          ? ''
          : ` ${counted(impact.not_recorded, 'more decision')} cannot be judged: the log lacks what these limits rest on.`}
        {impact.complete ? '' : ' Not all could be judged in the time there is.'}
        {impact.try_counted ? '' : ' Reports will not count these limits among those tried on these days.'}
      </p>
      <ul class="changes">
        {impact.changes.map(({ from, to, count: many }) => (
          <li key={`${from} ${to}`}>
            {count(many)} × {from} → {to}
          </li>
        ))}
      </ul>
    </>
  );
}
