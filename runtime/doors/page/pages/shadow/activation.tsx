import { useEffect } from 'preact/hooks';
import { ModeBadge } from '../../parts/badges.tsx';
import { Card } from '../../parts/card.tsx';
import { ActionButton } from '../../parts/guarded.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Answer } from '../../parts/states.tsx';
import { activate, isActing, rehearse, rollBack } from '../../state/activation.ts';
import { overview } from '../../state/live.ts';
import { useLoaded } from '../../state/loaded.ts';
import type { ActivationView } from '../../state/wire.ts';
import { counted } from '../../text/figures.ts';
import { spaced } from '../../text/words.ts';
import { WatchPart } from './watch.tsx';

const REFRESH_MS = 30_000;

/** The checklist of a gate with its figures, and the way in and out of enforcing. */
export function ActivationCard({ gate }: { readonly gate: string }) {
  const loaded = useLoaded<ActivationView>('/v1/activation', { gate }, REFRESH_MS);
  const mode = overview.value?.gates.find((one) => one.gate === gate)?.mode;
  useEffect(() => {
    if (loaded.data !== undefined && loaded.data.mode !== mode) loaded.reload();
  }, [mode]);
  const badge = loaded.data === undefined ? null : <ModeBadge mode={loaded.data.mode} />;
  return (
    <Card title={`Activation of ${gate}`} wide="activation" aside={badge}>
      <Answer loaded={loaded} what="the checklist: the decisions since the last change of limits are read">
        {(activation) => (
          <>
            {activation.last === null ? null : <WatchPart last={activation.last} atMs={activation.at_ms} />}
            <Ways activation={activation} onDone={loaded.reload} />
            {isActing(activation) ? null : <Readiness activation={activation} />}
            <Checklist lines={activation.lines} />
            <ForcedWay activation={activation} onDone={loaded.reload} />
          </>
        )}
      </Answer>
    </Card>
  );
}

function Readiness({ activation: { ready, lines } }: { readonly activation: ActivationView }) {
  const open = lines.filter(({ ok }) => !ok).length;
  return (
    <p class={`verdict ${ready ? 'passed' : 'changed'}`}>
      <Icon name={ready ? 'well' : 'warning'} />
      {ready ? 'Every line holds.' : `${counted(open, 'line does', 'lines do')} not hold: an activation is refused.`}
    </p>
  );
}

function Checklist({ lines }: Pick<ActivationView, 'lines'>) {
  const missingFirst = [...lines].sort((one, other) => Number(one.ok) - Number(other.ok));
  return (
    <ul class="checklist" aria-label="Checklist">
      {missingFirst.map(({ item, found, wanted, ok }) => (
        <li key={item} class={ok ? 'ok' : 'open'}>
          <Icon name={ok ? 'passed' : 'stopped'} />
          <strong>
            {spaced(item)}
            <span class="unseen">{ok ? ' holds' : ' does not hold'}</span>
          </strong>
          <span>{found}</span>
          <span class="muted">wanted: {wanted}</span>
        </li>
      ))}
    </ul>
  );
}

interface WayProps {
  readonly activation: ActivationView;
  readonly onDone: () => void;
}

function Ways({ activation, onDone }: WayProps) {
  if (isActing(activation)) {
    return (
      <p class="buttons">
        <ActionButton action={rollBack(activation, onDone)} kind="primary" />
        <ActionButton action={rehearse(activation, onDone)} />
      </p>
    );
  }
  return (
    <p class="buttons">
      <ActionButton action={activate(activation, false, onDone)} kind={activation.ready ? 'primary' : ''} />
      <ActionButton action={rehearse(activation, onDone)} />
    </p>
  );
}

/** Past lines that do not hold: below them, so that they are read first. */
function ForcedWay({ activation, onDone }: WayProps) {
  if (activation.ready || isActing(activation)) return null;
  return (
    <p class="buttons">
      <ActionButton action={activate(activation, true, onDone)} kind="danger" />
    </p>
  );
}
