import { impactWords, isSameCount } from '../../../../../schemas/impact-text.ts';
import type { PolicyPreview } from '../../state/wire.ts';
import { count } from '../../text/figures.ts';

/** What a change of limits comes to: the limits, and the decisions of the last day that would have come out otherwise. */
export function ImpactWords({ preview }: { readonly preview: PolicyPreview }) {
  const { changed, impact } = preview;
  const { joint } = impact;
  return (
    <>
      <ul class="diff">
        {Object.entries(changed).map(([name, { before, after }]) => (
          <li key={name}>
            <strong>{name}</strong> <del>{before}</del> → <ins>{after}</ins>
          </li>
        ))}
      </ul>
      <p>{impactWords(impact).join(' ')}</p>
      {joint === null || isSameCount(impact, joint) ? (
        <Changes changes={impact.changes} />
      ) : (
        <>
          <p>Judged alone:</p>
          <Changes changes={impact.changes} />
          <p>Judged jointly:</p>
          <Changes changes={joint.changes} />
        </>
      )}
    </>
  );
}

/** From what to what decisions would have changed, most frequent first. */
function Changes({ changes }: Pick<PolicyPreview['impact'], 'changes'>) {
  return (
    <ul class="changes">
      {changes.map(({ from, to, count: many }) => (
        <li key={`${from} ${to}`}>
          {count(many)} × {from} → {to}
        </li>
      ))}
    </ul>
  );
}
