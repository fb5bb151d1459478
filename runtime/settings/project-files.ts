import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** As sources this file is in `runtime/settings/`, built in `dist/runtime/settings/`. */
const IS_SOURCE = import.meta.url.endsWith('.ts');
const ROOT = new URL(IS_SOURCE ? '../../' : '../../../', import.meta.url);

/** The version that package.json names. */
export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'))).version;

/** The commit that this was built from, as the build noted it; `unknown` where it could not, and for sources as they are. */
export const COMMIT = IS_SOURCE ? 'unknown' : notedCommit();

/** The folder of the console's built page; it is not there before the build. */
export const PAGE_FOLDER = fileURLToPath(new URL('dist/console/', ROOT));

/** What each alert means and what to do. */
export const RUNBOOK = fileURLToPath(new URL('docs/runbook.md', ROOT));

function notedCommit(): string {
  try {
    return readFileSync(new URL('dist/commit', ROOT), 'utf8').trim() || 'unknown';
  } catch {
    return 'unknown';
  }
}
