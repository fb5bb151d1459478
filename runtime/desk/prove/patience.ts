import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 5;

/** What ends a proof early: somebody pressed Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Whether a condition came true within so many milliseconds; throws `Interrupted` once the signal is given. */
export async function within(
  patienceMs: number,
  condition: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<boolean> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    if (signal.aborted) throw new Interrupted('interrupted');
    if (await condition()) return true;
    if (performance.now() > deadlineMs) return false;
    await wait(POLL_MS);
  }
}
