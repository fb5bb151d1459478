import { effect } from '@preact/signals';
import { toldProblems } from '../text/problem-words.ts';
import { connection, overview } from './live.ts';
import { wantsNotices } from './preferences.ts';

/** The key under which a lost connection is told. */
const LOST = 'connection';
const BEEP_HZ = 880;
const BEEP_SEC = 0.4;

/**
 * Tells, where it was turned on, of what became critical in the portfolio on the page, and of a lost connection: once for
 * as long as it goes on. What was so when the page was opened is on the page.
 */
export function followNotices(): void {
  let known: ReadonlyMap<string, string> | undefined;
  let portfolio: string | undefined;
  effect(() => {
    const now = overview.value;
    if (now === undefined) return;
    const critical = toldProblems(now.problems).filter(({ severity }) => severity === 'critical');
    const told = new Map(critical.map(({ key, sentence }) => [key, sentence]));
    if (connection.value === 'lost') told.set(LOST, 'The console has lost its connection');
    const before = now.portfolio === portfolio ? known : undefined;
    known = told;
    portfolio = now.portfolio;
    if (before === undefined || !wantsNotices.peek()) return;
    for (const [key, sentence] of told) if (!before.has(key)) tell(now.portfolio, key, sentence);
  });
}

/** Asks the browser whether it may tell, and turns it on where it may; gives why not, or empty text. */
export async function turnOn(): Promise<string> {
  if (!('Notification' in globalThis)) return 'This browser tells of nothing.';
  if ((await Notification.requestPermission()) !== 'granted') return 'This browser was told not to notify from here.';
  wantsNotices.value = true;
  return '';
}

function tell(portfolio: string, key: string, sentence: string): void {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return;
  new Notification(`Portcullis: ${portfolio}`, {
    body: sentence,
    tag: `${portfolio} ${key}`,
    icon: '/console/icon-killed.svg',
  });
  beep();
}

/** A browser that nobody has clicked in yet makes no sound. */
function beep(): void {
  try {
    const context = new AudioContext();
    const tone = context.createOscillator();
    tone.frequency.value = BEEP_HZ;
    tone.connect(context.destination);
    tone.onended = () => void context.close();
    tone.start();
    tone.stop(context.currentTime + BEEP_SEC);
  } catch {
    return;
  }
}
