/** Exit codes: done, failed, used wrongly, Redis out of reach (EX_UNAVAILABLE). */
export const exitCodes = { done: 0, failed: 1, usage: 2, unavailable: 69 } as const;

/** An exit code of the command line. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What ends a command early: a message for the operator and the exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A command line that cannot be understood, or lacks what it needs: exit code 2. */
export function usageError(message: string): CliError {
  return new CliError(exitCodes.usage, message);
}
