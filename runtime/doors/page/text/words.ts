/** How sure a gate's mode is acted on: `watching` changes nothing, `acting` is in force, `partly` is in force with limits left out. */
export type Force = 'watching' | 'partly' | 'acting';

/** A mode as people read it. */
export interface ModeWords {
  readonly word: string;
  readonly force: Force;
  readonly says: string;
}

const MODES: Readonly<Record<string, ModeWords>> = {
  shadow: { word: 'SHADOW', force: 'watching', says: 'decides and reports, changes nothing' },
  enforce: { word: 'ENFORCE', force: 'acting', says: 'its decisions are acted on' },
  testnet: { word: 'TESTNET', force: 'partly', says: 'caps and cooldown hold' },
  production: { word: 'PRODUCTION', force: 'acting', says: 'every check holds' },
  dry_run: { word: 'DRY RUN', force: 'watching', says: 'says what it would do, gives no permit' },
};

/**
 * What a mode means; one that is not stored says so. One of a gate of your own keeps its name, and acts unless the gate
 * says that nothing it decides in it has an effect.
 */
export function modeWords(mode: string, isSilent = false): ModeWords {
  const known = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
  if (known !== undefined) return known;
  if (mode === '') return { word: 'NO MODE', force: 'watching', says: 'not stored yet' };
  const word = mode.toUpperCase();
  if (isSilent) return { word, force: 'watching', says: 'changes nothing' };
  return { word, force: 'acting', says: 'its decisions are acted on' };
}

/** The word that somebody has to type before a mode is set, or `undefined` where none is wanted. */
export function wordToType(mode: string, isSilent = false): string | undefined {
  const { word, force } = modeWords(mode, isSilent);
  return force === 'acting' ? word : undefined;
}

/** How a verdict reads at a glance: what was let through, changed, stopped, or only noted. */
export type Tone = 'passed' | 'changed' | 'stopped' | 'noted';

const TONES: Readonly<Record<string, Tone>> = {
  PERMIT: 'passed',
  WOULD_PERMIT: 'passed',
  PASS: 'passed',
  CONFIRMED: 'passed',
  DOWNGRADE: 'changed',
  DOUBTED: 'changed',
  BLOCK: 'stopped',
  WOULD_BLOCK: 'stopped',
  FAILED: 'stopped',
};

/** The tone of a verdict. */
export function toneOf(verdict: string): Tone {
  return Object.hasOwn(TONES, verdict) ? (TONES[verdict] ?? 'noted') : 'noted';
}

/** A name of the wire as people read it: `total_notional_exceeded` is `total notional exceeded`. */
export function spaced(name: string): string {
  return name.replaceAll('_', ' ');
}
