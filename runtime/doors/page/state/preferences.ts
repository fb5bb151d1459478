import { effect, signal } from '@preact/signals';
import type { Zone } from '../text/moments.ts';

const THEME = 'portcullis.theme';
const ZONE = 'portcullis.zone';
const NOTICES = 'portcullis.notices';

/** The themes: `system` follows the machine. */
export const themes = ['system', 'light', 'dark'] as const;

/** One of `themes`. */
export type Theme = (typeof themes)[number];

/** The theme that was chosen; kept in this browser. */
export const theme = signal<Theme>(themes.find((one) => one === stored(THEME)) ?? 'system');

/** The zone that times are shown in; kept in this browser. UTC unless another was chosen. */
export const zone = signal<Zone>(stored(ZONE) === 'local' ? 'local' : 'utc');

/** Whether this browser tells of what is critical; off until somebody turns it on here. */
export const wantsNotices = signal(stored(NOTICES) === 'on');

/** Whether the page is dark now. */
export const isDark = signal(false);

/** Applies what was chosen, now and whenever it or the machine's own theme changes. */
export function followPreferences(): void {
  const machine = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    document.documentElement.dataset.theme = theme.value;
    isDark.value = theme.value === 'dark' || (theme.value === 'system' && machine.matches);
  };
  machine.addEventListener('change', apply);
  effect(() => {
    keep(THEME, theme.value);
    apply();
  });
  effect(() => keep(ZONE, zone.value));
  effect(() => keep(NOTICES, wantsNotices.value ? 'on' : 'off'));
}

/** The theme after this one. */
export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'system';
}

/** The other zone. */
export function otherZone(): void {
  zone.value = zone.value === 'utc' ? 'local' : 'utc';
}

/** A browser may refuse to keep anything. */
function stored(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    return;
  }
}
