/** What a check of the doctor found: all well, worth knowing, or something that must be mended. */
export type Verdict = 'ok' | 'warn' | 'broken';

/** One line of the doctor: what was looked at, what was found, and what to do about it (empty when all is well). */
export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly found: string;
  readonly todo: string;
  /** When it happened last, Unix seconds, where that is known. */
  readonly since?: number;
}

/** All is well. */
export function ok(check: string, found: string): Finding {
  return { check, verdict: 'ok', found, todo: '' };
}

/** Worth knowing: the gates work, perhaps not as meant. */
export function warn(check: string, found: string, todo: string): Finding {
  return { check, verdict: 'warn', found, todo };
}

/** Must be mended: the gates do not work, or not safely. */
export function broken(check: string, found: string, todo: string, since?: number | null): Finding {
  return { check, verdict: 'broken', found, todo, ...(since != null && { since }) };
}
