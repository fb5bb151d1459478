import { errorText } from '../../redis/problem.ts';
import { Interrupted, within } from './patience.ts';

const PATIENCE_MS = 5_000;

/** How a check of a proof ended; `skipped`: it could not be made here, and says why. */
export type ProofVerdict = 'pass' | 'fail' | 'skipped';

/** One line of the checklist. */
export interface ProofCheck {
  readonly section: string;
  readonly name: string;
  readonly expected: string;
  readonly got: string;
  readonly verdict: ProofVerdict;
  /** How long it took, milliseconds. */
  readonly ms: number;
}

/** How a check reads what came; undefined: nothing yet. */
export type Reading = () => Promise<string | undefined>;

/** How a check differs from most. */
export interface CheckOptions {
  /** The handlers without which it cannot pass: it fails at once where no worker runs them. */
  readonly needs?: readonly string[];
  readonly patienceMs?: number;
}

/** A check that cannot be made here, with the reason. */
export class Skipped extends Error {
  override readonly name = 'Skipped';
}

/** The checks of a proof, made one after the other; one that fails does not keep the rest from being made. */
export class Checklist {
  readonly checks: ProofCheck[] = [];
  readonly #running: ReadonlySet<string>;
  readonly #signal: AbortSignal;
  readonly #onCheck: (check: ProofCheck) => void;
  #section = '';
  #needs: readonly string[] = [];

  constructor(deps: {
    /** Names of the handlers that some worker runs. */
    readonly running: ReadonlySet<string>;
    readonly signal: AbortSignal;
    readonly onCheck: (check: ProofCheck) => void;
  }) {
    this.#running = deps.running;
    this.#signal = deps.signal;
    this.#onCheck = deps.onCheck;
  }

  /** Makes the checks of a section, all of which need these handlers; an error on the way is a check that failed. */
  async section(title: string, needs: readonly string[], work: () => Promise<void>): Promise<void> {
    this.#section = title;
    this.#needs = needs;
    try {
      await work();
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      this.#note({ name: 'this section can be gone through', expected: 'no error', got: errorText(error) }, 'fail', 0);
    }
  }

  /** Waits for the first reading and compares it. */
  async answers(name: string, expected: string, read: Reading, options: CheckOptions = {}): Promise<void> {
    await this.#check(name, expected, read, () => true, options);
  }

  /** Reads until it is as expected, and fails with the last reading when it does not come to that. */
  async settles(name: string, expected: string, read: Reading, options: CheckOptions = {}): Promise<void> {
    await this.#check(name, expected, read, (got) => got === expected, options);
  }

  async #check(
    name: string,
    expected: string,
    read: Reading,
    enough: (got: string) => boolean,
    { needs = this.#needs, patienceMs = PATIENCE_MS }: CheckOptions,
  ): Promise<void> {
    const missing = needs.filter((handler) => !this.#running.has(handler));
    if (missing.length > 0) {
      return this.#note({ name, expected, got: `no running worker has ${missing.join(', ')}` }, 'fail', 0);
    }
    const startedMs = performance.now();
    let got: string | undefined;
    try {
      const look = async () => {
        got = await read();
        return got !== undefined && enough(got);
      };
      await within(patienceMs, look, this.#signal);
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      const verdict = error instanceof Skipped ? 'skipped' : 'fail';
      return this.#note({ name, expected, got: errorText(error) }, verdict, performance.now() - startedMs);
    }
    const came = got ?? `nothing within ${patienceMs / 1000} s`;
    this.#note({ name, expected, got: came }, got === expected ? 'pass' : 'fail', performance.now() - startedMs);
  }

  #note(what: Pick<ProofCheck, 'name' | 'expected' | 'got'>, verdict: ProofVerdict, ms: number): void {
    const check = { section: this.#section, ...what, verdict, ms: Math.round(ms * 10) / 10 };
    this.checks.push(check);
    this.#onCheck(check);
  }
}
