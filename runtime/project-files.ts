import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** As sources this file is in `runtime/`, built in `dist/runtime/`. */
const ROOT = new URL(import.meta.url.endsWith('.ts') ? '../' : '../../', import.meta.url);

/** The version that package.json names. */
export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'))).version;

/** The folder of the console's built page; it is not there before the build. */
export const PAGE_FOLDER = fileURLToPath(new URL('dist/console/', ROOT));
