/** Exit code of a service that cannot be had (sysexits `EX_UNAVAILABLE`). */
const UNAVAILABLE = 69;

/** No Redis could be had; the message says what was expected, what came and what to do. */
export class RedisProblem extends Error {
  /** What the process exits with: 69. */
  readonly exitCode = UNAVAILABLE;

  constructor(message: string) {
    super(message);
    this.name = 'RedisProblem';
  }
}

/** The words of anything thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether Redis refused to read a key because it is of another type. */
export function isWrongType(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('WRONGTYPE');
}

/** Whether Redis refused to read a key: it is of another type, or its user may not. */
export function isUnreadable(error: unknown): boolean {
  return /^(NOPERM|WRONGTYPE)\b/.test(errorText(error));
}
