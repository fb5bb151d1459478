import { signal } from '@preact/signals';

/** Whether somebody pressed pause. */
export const isPaused = signal(false);

/** Whether somebody has scrolled down from the newest decision. */
export const isAway = signal(false);

/** Pauses the tape, or lets it go on. */
export function togglePause(): void {
  isPaused.value = !isPaused.value;
}
