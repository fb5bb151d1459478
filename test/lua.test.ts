import { describe, expect, it } from 'vitest';
import {
  headOf,
  includesOf,
  isScript,
  longBlocks,
  luaFiles,
  numberedValues,
  sentText,
  unknownNames,
} from './support/lua-files.ts';
import { linesMatching, projectPaths, readFiles, type SourceFile } from './support/source-files.ts';

const LONGEST_FILE = 250;
const LONGEST_FUNCTION = 50;
const LONGEST_LINE = 120;

const files = luaFiles();
const scripts = files.filter(isScript);
const parts = files.filter((file) => !isScript(file));

function pathFrom({ path }: SourceFile, relative: string): string {
  return new URL(relative, `file:///${path}`).pathname.slice(1);
}

function lua(text: string): SourceFile {
  return { path: 'x.lua', text, lines: text.replace(/\n$/, '').split('\n') };
}

describe('Lua', () => {
  it('is there to look at', () => {
    expect(scripts.length).toBeGreaterThan(30);
    expect(parts.length).toBeGreaterThan(10);
  });

  it('stands in files of its own, each named by a file beside it or included by another', () => {
    const code = readFiles(
      projectPaths().filter((path) => /^(?:runtime|test\/(?:bench|chaos|support))\/.*\.ts$/.test(path)),
    );
    expect(
      code.flatMap((file) => linesMatching(file, /`#!lua|redis\.p?call\('[A-Z]+', (?:KEYS|ARGV)\[/, 'holds Lua')),
    ).toEqual([]);
    const named = code.flatMap((file) =>
      [...file.text.matchAll(/= luaScript\(\s*'\w+',\s*new URL\('([^']+)', import\.meta\.url\)/g)].map(
        ([, path = '']) => pathFrom(file, path),
      ),
    );
    expect(named.toSorted()).toEqual(scripts.map(({ path }) => path).toSorted());
    const included = files.flatMap((file) => includesOf(file).map((path) => pathFrom(file, path)));
    expect([...new Set(included)].toSorted()).toEqual(parts.map(({ path }) => path).toSorted());
  });

  it('includes by a line that is read as one', () => {
    const odd = files.flatMap((file) =>
      linesMatching(file, /@include(?<!^--@include)|^--@include(?! \.\.?\/\S+\.lua$)/, 'includes nothing'),
    );
    expect(odd).toEqual([]);
  });

  it.each(scripts.map((file) => [file.path, file] as const))(
    '%s can be parsed, and uses nothing but its own',
    (path, file) => {
      expect(unknownNames(path, sentText(file))).toEqual([]);
    },
  );

  it('says at the top what it does, and a script what it takes and answers', () => {
    const silent = scripts.filter((file) => {
      const head = headOf(file).join('\n');
      return !/^-- \S/.test(head) || !/^-- KEYS/m.test(head) || !/^-- ARGV/m.test(head) || !/^-- Answers/m.test(head);
    });
    expect(silent.map(({ path }) => path)).toEqual([]);
    expect(parts.filter((file) => headOf(file).length === 0).map(({ path }) => path)).toEqual([]);
  });

  it('takes values by names', () => {
    expect(files.flatMap(numberedValues)).toEqual([]);
  });

  it('is of the sizes of other code', () => {
    const long = files.filter(({ lines }) => lines.length > LONGEST_FILE).map(({ path }) => path);
    expect(long).toEqual([]);
    expect(files.flatMap((file) => linesMatching(file, new RegExp(`.{${LONGEST_LINE + 1}}`), 'is too long'))).toEqual(
      [],
    );
    expect(files.flatMap((file) => longBlocks(file, LONGEST_FUNCTION))).toEqual([]);
  });
});

describe('the rules of Lua see', () => {
  it('a position that counts on the order of fields', () => {
    const seen = (text: string) => numberedValues(lua(text)).length;
    expect(seen("if fields[15] == 'plan_id' then add(fields[16]) end")).toBe(2);
    expect(seen('local verdict = log.fields[2]')).toBe(1);
    expect(seen('local deliveries = row[4]')).toBe(1);
    expect(seen('local id, flat = entry[1], entry[2]')).toBe(0);
    expect(seen('local fields = {} fields[at] = fields[at + 1]')).toBe(0);
    expect(seen('local stream, group = KEYS[5], ARGV[3]')).toBe(0);
    expect(seen("local function f() redis.call('DEL', KEYS[5], ARGV[3]) end")).toBe(2);
  });

  it('a name that nobody declares', () => {
    const seen = (text: string) => unknownNames('x.lua', text);
    expect(seen('count = 1')).toEqual(['x.lua does not declare count']);
    expect(seen('function add() end')).toEqual(['x.lua does not declare add']);
    expect(seen("local reply = redis.call('GET', KEYS[1]) return repyl")).toEqual(['x.lua does not declare repyl']);
    expect(seen('#!lua\nlocal add\nadd = function() return tonumber(ARGV[1]) end')).toEqual([]);
  });

  it('functions and what stands outside of them, by their length', () => {
    const body = '  work()\n'.repeat(60);
    const seen = (text: string) => longBlocks(lua(text), LONGEST_FUNCTION);
    expect(seen(`local function f()\n${body}end\n`)).toEqual(['x.lua:1 has 62 lines']);
    expect(seen(`local ops = {}\nfunction ops.f()\n${body}end\n`)).toEqual(['x.lua:2 has 62 lines']);
    expect(seen(body)).toEqual(['x.lua:1 has 60 lines']);
    expect(seen('local function f()\nend\n'.repeat(60))).toEqual([]);
  });
});
