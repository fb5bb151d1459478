import { join } from 'node:path';

/** Where runs are kept that are named without a folder. */
const FOLDER = 'runs';
/** The file that makes a folder a kept run: it is there once all others are. */
export const MANIFEST = 'manifest.json';
/** What the name of a folder has in it while its run is written. */
export const UNFINISHED = '.unfinished-';

/** A run that cannot be kept or read: says what was expected, what came, and what to do. */
export class RunError extends Error {}

/** The folder of a run: what is named without a folder is in `runs/`. */
export function placeOf(named: string): string {
  return /[/\\]/.test(named) ? named : join(FOLDER, named);
}
