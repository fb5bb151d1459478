import { describe, expect, it } from 'vitest';
import { projectPaths, readFiles } from './support/source-files.ts';

const DECLARED = /^\s*(?:export )?(?:abstract )?(?:interface|type|class) ([A-Z]\w*)(?![\w,])/;

const files = readFiles(
  projectPaths().filter((path) => /^(?:schemas|handlers|runtime|test|deploy)\/.*\.tsx?$/.test(path)),
);
const [glossary] = readFiles(['docs/glossary.md']);
const declared = files.flatMap(({ path, lines }) =>
  lines.flatMap((line) => {
    const name = DECLARED.exec(line)?.[1];
    return name === undefined ? [] : [{ name, path }];
  }),
);

/** The first column of the table under these headings. */
function named(head: string): readonly string[] {
  const lines = glossary?.lines ?? [];
  const rows = lines.slice(lines.indexOf(head) + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? rows.length : end).map((row) => /^\| `(\w+)` \|/.exec(row)?.[1] ?? row);
}

function filesWith(name: string): readonly string[] {
  return declared.filter((type) => type.name === name).map(({ path }) => path);
}

describe('names of types', () => {
  it.each(named('| name | its one meaning |'))('%s is declared in one file', (name) => {
    expect(new Set(filesWith(name)).size, filesWith(name).join(', ')).toBe(1);
  });

  it.each(named('| not | but |'))('%s is no type', (name) => {
    expect(filesWith(name)).toEqual([]);
  });

  it('are read from the glossary', () => {
    expect(named('| name | its one meaning |')).toContain('Judged');
    expect(named('| not | but |')).toContain('Rival');
  });
});
