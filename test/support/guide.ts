import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { projectPaths } from './source-files.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const GUIDE = join(ROOT, 'docs/add-a-gate.md');

/** Runs a program; rejects where it fails. */
export const run = promisify(execFile);

/** The files of the guide to a gate: a path in bold, then its code. */
export function filesOfGuide(): ReadonlyMap<string, string> {
  const blocks = readFileSync(GUIDE, 'utf8').matchAll(/^\*\*`([^`]+)`\*\*\n\n```ts\n(.*?)^```$/gms);
  return new Map([...blocks].map(([, path, code]) => [path as string, code as string]));
}

/** A fresh clone with the files of the guide in it, to the letter; its folder. */
export async function treeOfGuide(): Promise<string> {
  const tree = mkdtempSync(join(tmpdir(), 'portcullis-guide-'));
  for (const path of projectPaths()) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    copyFileSync(join(ROOT, path), join(tree, path));
  }
  await run('git', ['init', '--quiet'], { cwd: tree });
  writeFileSync(join(tree, '.git/info/exclude'), 'node_modules\n');
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  for (const [path, code] of filesOfGuide()) writeFileSync(join(tree, path), code);
  return tree;
}
