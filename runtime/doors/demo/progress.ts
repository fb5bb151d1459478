import { WEEK_HOURS } from '../../../schemas/duration.ts';
import { CLEAR_LINE, progressBar } from '../terminal/progress-bar.ts';

/** Where progress goes: standard error, or a test's own. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Tells how far the month is played: a bar on a terminal, a line each simulated week elsewhere. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #hours: number;

  constructor(output: ProgressOutput, hours: number) {
    this.#output = output;
    this.#hours = hours;
  }

  /** `played` hours are done; `atMs` is the simulated time, Unix ms. */
  show(played: number, atMs: number): void {
    if (this.#output.isTTY === true) this.#bar(played, atMs);
    else if (played % WEEK_HOURS === 0 || played === this.#hours) this.#line(played, atMs);
  }

  /** Leaves the terminal as it was. */
  end(): void {
    if (this.#output.isTTY === true) this.#output.write(CLEAR_LINE);
  }

  #bar(played: number, atMs: number): void {
    this.#output.write(`\r${progressBar(played / this.#hours)} ${day(atMs)}  hour ${played} of ${this.#hours}`);
  }

  #line(played: number, atMs: number): void {
    this.#output.write(`demo: ${day(atMs)}, hour ${played} of ${this.#hours}\n`);
  }
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
