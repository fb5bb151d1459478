import { ActionButton } from '../../parts/guarded.tsx';
import { Moment } from '../../parts/moment.tsx';
import type { Action } from '../../state/actions.ts';
import type { PolicyPage } from '../../state/wire.ts';
import { counted } from '../../text/figures.ts';

type Version = PolicyPage['versions'][number];

interface VersionsProps {
  readonly gate: string;
  readonly inForce: string;
  readonly versions: readonly Version[];
  readonly onDone: () => void;
}

/** The versions of a policy, newest first, each of which can be put in force again. */
export function Versions({ gate, inForce, versions, onDone }: VersionsProps) {
  return (
    <details class="versions">
      <summary>{counted(versions.length, 'version')} so far</summary>
      <ol>
        {versions.map((version) => (
          <li key={version.id}>
            <Moment at={version.timestamp === '' ? null : Number(version.timestamp)} /> {version.action} by{' '}
            {version.actor}
            {version.reason === '' ? '' : `: ${version.reason}`}{' '}
            <span class="muted">
              {version.version.slice(0, 8)}, {version.mode || 'no mode'},{' '}
              {Object.entries(version.settings)
                .map(([name, value]) => `${name}=${value}`)
                .join(' ') || 'no limits of its own'}
            </span>{' '}
            {version.version === inForce ? (
              <strong>in force</strong>
            ) : (
              <ActionButton action={rollback(gate, version, onDone)}>Back to this …</ActionButton>
            )}
          </li>
        ))}
      </ol>
    </details>
  );
}

function rollback(gate: string, { version, mode }: Version, onDone: () => void): Action {
  return {
    title: `Roll ${gate} back to ${version.slice(0, 8)}`,
    verb: 'Roll back',
    path: `/v1/policies/${encodeURIComponent(gate)}/rollback`,
    body: { version },
    preview: { action: 'rollback', gate, version },
    word: mode === 'enforce' || mode === 'production' ? mode.toUpperCase() : undefined,
    isDangerous: true,
    onDone,
  };
}
