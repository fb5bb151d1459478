import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { luaText } from '../../../runtime/redis/lua.ts';

describe('the text of a Lua file', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-lua-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function textOf(files: Readonly<Record<string, string>>): string {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return luaText(pathToFileURL(join(folder, 'main.lua')));
  }

  it('has what it includes in the place of the line, by its path from the file that says so', () => {
    const text = textOf({
      'main.lua': '#!lua\n--@include ./parts/a.lua\nmain()\n',
      'parts/a.lua': '--@include ../b.lua\na()\n',
      'b.lua': 'b()\n',
    });
    expect(text).toBe('#!lua\nb()\na()\nmain()\n');
  });

  it('has what several include once, where it is first named', () => {
    const text = textOf({
      'main.lua': '--@include ./a.lua\n--@include ./b.lua\n--@include ./a.lua\nmain()\n',
      'a.lua': '--@include ./b.lua\na()\n',
      'b.lua': 'b()\n',
    });
    expect(text).toBe('b()\na()\nmain()\n');
  });

  it('takes it as it is, and no line inside of another', () => {
    const text = textOf({
      'main.lua': "local s = '--@include ./a.lua' -- $& $1\n--@include ./a.lua\n",
      'a.lua': "a('$&')\n",
    });
    expect(text).toBe("local s = '--@include ./a.lua' -- $& $1\na('$&')\n");
  });

  it('is refused where files include each other, with the way round', () => {
    const files = {
      'main.lua': '--@include ./a.lua\n',
      'a.lua': '--@include ./b.lua\n',
      'b.lua': '--@include ./a.lua\n',
    };
    expect(() => textOf(files)).toThrow('expected Lua files that do not include each other, got a.lua > b.lua > a.lua');
  });

  it('is refused where a file is missing', () => {
    expect(() => textOf({ 'main.lua': '--@include ./gone.lua\n' })).toThrow(/gone\.lua/);
  });
});
