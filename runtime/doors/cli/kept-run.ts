import type { Command } from 'commander';
import { RunRecorder } from '../../desk/candles/recorder.ts';
import { type OpenRun, openRun } from '../../desk/runs/kept.ts';
import { RunError } from '../../desk/runs/place.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import type { Io } from './io.ts';

/** Adds `--run`. */
export function withRunOption(command: Command): Command {
  return command.option(
    '--run <name|folder>',
    'a run that replay --keep kept: its name in runs/, or its folder; no Redis',
  );
}

/**
 * The run that is named; throws a usage error for one that cannot be read, or that is named beside one of these other
 * sources (by the options they were given with).
 */
export async function runOf(named: string, others: Readonly<Record<string, unknown>>): Promise<OpenRun> {
  const [wrong] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (wrong !== undefined) {
    throw usageError(
      `expected --run or ${wrong}, got both: a run has its decisions, prices and portfolio in its folder`,
    );
  }
  return await openRun(named).catch((error: unknown) => {
    throw error instanceof RunError ? usageError(`--run: ${error.message}`) : error;
  });
}

/** What was played, and whether all of it was: only then it is kept. */
export interface Played<T> {
  readonly result: T;
  readonly isWhole: boolean;
}

/**
 * Does work that plays, and keeps what it plays where a run is named; says where, or that it was not. Throws a usage error
 * for a name that is taken, before anything is played.
 */
export async function whileKept<T>(
  io: Io,
  named: string | undefined,
  work: (recorder: RunRecorder | undefined) => Promise<Played<T>>,
): Promise<T> {
  if (named === undefined) return (await work(undefined)).result;
  const recorder = await RunRecorder.begin(named).catch((error: unknown) => {
    throw error instanceof RunError ? usageError(`--keep: ${error.message}`) : error;
  });
  for (const folder of recorder.leftBehind) {
    io.err(`Left of a run that was ended before its end: remove ${folder}, unless it is being played elsewhere.\n`);
  }
  try {
    const { result, isWhole } = await work(recorder);
    io.err(
      isWhole ? `Kept: ${recorder.place}\n` : `Not kept, since it was stopped before the end: ${recorder.place}\n`,
    );
    return result;
  } catch (error) {
    throw error instanceof RunError ? new CliError(exitCodes.failed, `--keep: ${error.message}`) : error;
  } finally {
    await recorder.discard();
  }
}
