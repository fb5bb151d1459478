import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';

const Manifest = z.object({ version: z.string() });

/** The version of this package, as its package.json says; the same from the sources and from what was built of them. */
export function packageVersion(): string {
  const manifest = createRequire(import.meta.url).resolve('portcullis/package.json');
  return Manifest.parse(JSON.parse(readFileSync(manifest, 'utf8'))).version;
}
