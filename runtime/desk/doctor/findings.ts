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
  /** What was found as a sentence, for whoever has never heard of the check; absent where nothing else is to be said. */
  readonly says?: string;
  /** The plan it was seen by last. */
  readonly plan?: string;
}

/** The same, said in a sentence, and by which plan it was seen. */
export function said(finding: Finding, says: string, plan?: string): Finding {
  return { ...finding, says, ...(plan !== undefined && { plan }) };
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
