import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PARTS = ['schemas', 'handlers', 'runtime', 'test/support', 'package.json', 'tsconfig.json'];

/** A copy of this tree with the gate of docs/add-a-gate.md beside ours: what it loads knows them all. The path of its folder. */
export function treeWithGuide(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-own-gate-'));
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const guide = readFileSync(join(ROOT, 'docs/add-a-gate.md'), 'utf8');
  for (const [, path = '', code = ''] of guide.matchAll(/^\*\*`([^`]+)`\*\*\n\n```ts\n(.*?)^```$/gms)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), code);
  }
  return folder;
}
