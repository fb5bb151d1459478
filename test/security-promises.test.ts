import { expect, it } from 'vitest';
import { readFiles } from './support/source-files.ts';

const HEADING = '## Promises and the tests that hold them';
const [page] = readFiles(['SECURITY.md']);
const promises = rowsOf(page?.lines ?? []);

it('SECURITY.md has a table of promises', () => {
  expect(promises.length).toBeGreaterThan(20);
});

it.each(promises)('%s', (_promise, tests) => {
  const named = [...tests.matchAll(/`(test\/[^`]+)`: (.+?)(?=, `test\/|$)/g)];
  expect(named.length).toBeGreaterThan(0);
  for (const [, path = '', name = ''] of named) {
    expect(readFiles([path])[0]?.text, `${path} has the test`).toContain(name);
  }
});

/** The promise and its tests, row by row, of the table under the heading. */
function rowsOf(lines: readonly string[]): readonly [string, string][] {
  const from = lines.indexOf(HEADING);
  const rest = lines.slice(from + 1);
  const until = rest.findIndex((line) => line.startsWith('## '));
  return rest
    .slice(0, until)
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) => line.slice(2, -2).split(' | '))
    .map(([promise = '', tests = '']) => [promise, tests]);
}
