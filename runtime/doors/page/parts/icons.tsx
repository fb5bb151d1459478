import type { JSX } from 'preact';
import type { Force, Tone } from '../text/words.ts';

const DRAWINGS = {
  gate: <path d="M3 21V8a9 5 0 0 1 18 0v13M8 5v16M12 4v17M16 5v16M3 12h18M3 17h18" />,
  // Watching: an open eye. Acting: a shield that is full. Partly: one that is half full.
  watching: (
    <>
      <path d="M2 12s4-6.5 10-6.5S22 12 22 12s-4 6.5-10 6.5S2 12 2 12z" />
      <circle cx="12" cy="12" r="2.6" />
    </>
  ),
  acting: <path class="full" d="M12 2.5l8 3v6c0 5-3.4 8.4-8 10-4.6-1.6-8-5-8-10v-6z" />,
  partly: (
    <>
      <path d="M12 2.5l8 3v6c0 5-3.4 8.4-8 10-4.6-1.6-8-5-8-10v-6z" />
      <path class="full" d="M12 2.5v19c-4.6-1.6-8-5-8-10v-6z" />
    </>
  ),
  passed: <path d="M4 12.5l5.2 5.2L20 7" />,
  changed: <path d="M12 4v15M5.5 12.5L12 19l6.5-6.5" />,
  stopped: <path d="M6 6l12 12M18 6L6 18" />,
  noted: <circle cx="12" cy="12" r="2.4" class="full" />,
  warning: <path d="M12 3.5L22 20.5H2zM12 10v5M12 17.6v.6" />,
  critical: <path d="M8 2.5h8l5.5 5.5v8L16 21.5H8L2.5 16V8zM12 7.5v6M12 16v.6" />,
  well: (
    <>
      <circle cx="12" cy="12" r="9.2" />
      <path d="M7.5 12.4l3.2 3.2 6-6.6" />
    </>
  ),
  cold: <path d="M12 2.5v19M4 7l16 10M20 7L4 17" />,
  warm: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path class="full" d="M12 3.5a8.5 8.5 0 0 1 0 17z" />
    </>
  ),
  hot: (
    <path
      class="full"
      d="M12 2c1 4.5 6.5 6.6 6.5 12.2A6.5 6.5 0 0 1 12 21.5a6.5 6.5 0 0 1-6.5-7.3C5.5 10.5 8.5 9.5 8.8 6c2 .8 2.6 2.3 2.7 4C13 8 12.8 5 12 2z"
    />
  ),
  unknown: (
    <>
      <circle cx="12" cy="12" r="9.2" stroke-dasharray="3 2.6" />
      <path d="M9.3 9.3a2.8 2.8 0 1 1 4 2.7c-.9.5-1.3 1-1.3 2M12 17v.4" />
    </>
  ),
  stop: (
    <>
      <circle cx="12" cy="12" r="9.2" />
      <path class="full" d="M8.5 8.5h7v7h-7z" />
    </>
  ),
  pause: <path d="M8.5 5v14M15.5 5v14" />,
  play: <path class="full" d="M7 4.5l12 7.5-12 7.5z" />,
  close: <path d="M6 6l12 12M18 6L6 18" />,
  overview: <path d="M3 18a9 9 0 1 1 18 0M12 18l4.5-6" />,
  decisions: <path d="M4 6h16M4 12h16M4 18h10" />,
  budgets: <path d="M4 20V10M10 20V4M16 20v-7M21 20H2.5" />,
  shadow: (
    <>
      <circle cx="9.5" cy="12" r="6" />
      <circle cx="14.5" cy="12" r="6" stroke-dasharray="2 2.4" />
    </>
  ),
  portfolios: <path d="M3 5h18M3 12h18M3 19h18M8 3v4M15 10v4M6 17v4" />,
  operations: <path d="M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5" />,
  sun: (
    <>
      <circle cx="12" cy="12" r="4.2" />
      <path d="M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3L19 19M19 5l-1.7 1.7M6.7 17.3L5 19" />
    </>
  ),
  moon: <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z" />,
  half: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path class="full" d="M12 3.5a8.5 8.5 0 0 0 0 17z" />
    </>
  ),
} satisfies Record<string, JSX.Element>;

/** The name of a drawing. */
export type IconName = keyof typeof DRAWINGS;

const OF_FORCE: Readonly<Record<Force, IconName>> = { watching: 'watching', partly: 'partly', acting: 'acting' };
const OF_TONE: Readonly<Record<Tone, IconName>> = {
  passed: 'passed',
  changed: 'changed',
  stopped: 'stopped',
  noted: 'noted',
};

/** A drawing of one line height beside a word that says the same: a screen reader passes it over. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {DRAWINGS[name]}
    </svg>
  );
}

/** The drawing of how sure a mode is acted on. */
export function ForceIcon({ force }: { readonly force: Force }) {
  return <Icon name={OF_FORCE[force]} />;
}

/** The drawing of a verdict's tone. */
export function ToneIcon({ tone }: { readonly tone: Tone }) {
  return <Icon name={OF_TONE[tone]} />;
}
