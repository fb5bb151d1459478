import { helpIsOpen } from '../parts/help.tsx';
import { Icon, type IconName } from '../parts/icons.tsx';
import { connection } from '../state/live.ts';
import type { Connection } from '../state/live-stream.ts';
import { nextTheme, otherZone, type Theme, theme, zone } from '../state/preferences.ts';
import { session, signOut } from '../state/session.ts';
import { zoneName } from '../text/moments.ts';

const CONNECTIONS: Readonly<Record<Connection, readonly [word: string, says: string]>> = {
  live: ['Live', 'What is shown is as it is now.'],
  connecting: ['Connecting', 'What is shown may be old.'],
  lost: ['Connection lost', 'What is shown is as it was. It is tried again and again.'],
  signed_out: ['Signed out', 'Sign in again.'],
};

const THEME_ICONS: Readonly<Record<Theme, IconName>> = { system: 'half', light: 'sun', dark: 'moon' };

/** The connection, the zone, the theme, the keys, and who is signed in. */
export function Tools() {
  return (
    <div class="tools">
      <ConnectionState />
      <button type="button" class="quiet" title="Show times in the other zone (u)" onClick={otherZone}>
        {zoneName(zone.value)}
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={`Theme: ${theme.value}`}
        title={`Theme: ${theme.value} (t)`}
        onClick={nextTheme}
      >
        <Icon name={THEME_ICONS[theme.value]} />
      </button>
      <button
        type="button"
        class="quiet"
        aria-label="Keyboard"
        title="Keyboard (?)"
        onClick={() => (helpIsOpen.value = true)}
      >
        ?
      </button>
      <Who />
    </div>
  );
}

function ConnectionState() {
  const [word, says] = CONNECTIONS[connection.value];
  return (
    <span class={`connection ${connection.value}`} role="status" title={says}>
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <circle class={connection.value === 'live' ? 'full' : ''} cx="12" cy="12" r="6" />
      </svg>
      {word}
    </span>
  );
}

function Who() {
  if (!session.value) return null;
  const { name, role, read_only: isReadOnly } = session.value;
  return (
    <span class="who">
      <span>
        {name} <span class="muted">{isReadOnly ? 'read-only' : role}</span>
      </span>
      <button type="button" class="quiet" onClick={() => void signOut()}>
        Sign out
      </button>
    </span>
  );
}
