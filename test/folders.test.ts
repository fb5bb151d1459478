import { describe, expect, it } from 'vitest';
import { projectPaths } from './support/source-files.ts';

/** Folders that share a name because they hold the same thing, a storey apart (its shape, its store, its use, its page) or in two languages. */
const SAME_THING = {
  ccxt: ['runtime/doors/client/ccxt', 'runtime/doors/client/python/portcullis_gate/ccxt'],
  decisions: ['runtime/desk/decisions', 'runtime/doors/page/pages/decisions'],
  operations: ['runtime/desk/operations', 'runtime/doors/page/pages/operations'],
  overview: ['runtime/desk/overview', 'runtime/doors/page/pages/overview'],
  policy: ['runtime/desk/policy', 'runtime/engine/policy'],
  streams: ['runtime/desk/streams', 'runtime/engine/streams', 'schemas/api/streams'],
};

function foldersOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf('/') + 1);
}

describe('folders of the product', () => {
  it('share a name only where they hold the same thing', () => {
    const ours = projectPaths().filter((path) => /^(?:handlers|runtime|schemas)\//.test(path));
    const folders = [...new Set(ours.flatMap(foldersOf))].sort();
    const names = [...new Set(folders.map(nameOf))];
    const byName = names.map((name) => [name, folders.filter((folder) => nameOf(folder) === name)] as const);
    const shared = byName.filter(([, named]) => named.length > 1);
    expect(Object.fromEntries(shared)).toEqual(SAME_THING);
  });
});
