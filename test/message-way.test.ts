import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { messageWay } from './support/message-way.ts';
import { importedPath, importsOf, readFiles } from './support/source-files.ts';

const MOST_STEPS = 17;
/** A gate is called through its declaration, and never imported by what calls it. */
const DECLARATION = /^handlers\/contract\/(?:handler|reads)\.ts$/;

const { steps, asked } = messageWay();
const imports = new Map(
  readFiles(steps.filter((path) => existsSync(path))).map((file) => [
    file.path,
    [...importsOf(file), ...scriptsOf(file.text)].map((module) => importedPath(file, module) ?? ''),
  ]),
);

/** The Lua that a file loads, as it names it. */
function scriptsOf(text: string): readonly string[] {
  return [...text.matchAll(/new URL\('(\.[^']+\.lua)'/g)].map(([, path = '']) => path);
}

/** Whether one of two files imports or loads the other, or both go by the declaration of a gate. */
function areJoined(one: string, other: string): boolean {
  const [own = [], others = []] = [imports.get(one), imports.get(other)];
  return (
    own.includes(other) || others.includes(one) || own.some((path) => DECLARATION.test(path) && others.includes(path))
  );
}

describe("a message's way in docs/architecture.md", () => {
  it('is as short as it was', () => {
    expect(steps.length).toBeGreaterThan(10);
    expect(steps.length).toBeLessThanOrEqual(MOST_STEPS);
    expect(new Set(steps).size).toBe(steps.length);
  });

  it.each([...steps, ...asked])('%s is there', (path) => {
    expect(existsSync(path)).toBe(true);
  });

  it.each(steps.slice(1).map((path, at) => [path, steps.slice(0, at + 1)] as const))(
    '%s is joined to a file before it',
    (path, before) => {
      expect(before.filter((one) => areJoined(path, one))).not.toEqual([]);
    },
  );

  it('begins where entries are read and ends where they are acknowledged', () => {
    const [readers, scripts] = [/\.xreadgroup\(/, /redis\.call\('XACK'/].map((pattern) =>
      readFiles(steps)
        .filter(({ text }) => pattern.test(text))
        .map(({ path }) => path),
    );
    expect(readers).toEqual([steps[1]]);
    expect(scripts).toEqual([steps.at(-1)]);
  });
});
