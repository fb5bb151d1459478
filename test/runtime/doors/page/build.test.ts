import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MOST_BYTES = 100_000;
const PAGE = fileURLToPath(new URL('../../../../runtime/doors/page/', import.meta.url));
/** Names of languages, not addresses that anybody asks. */
const NAMESPACES =
  /http:\/\/www\.w3\.org\/(?:1999\/xhtml|1999\/xlink|2000\/svg|1998\/Math\/MathML|XML\/1998\/namespace)/g;

describe('the built page', () => {
  let folder: string;
  let files: ReadonlyMap<string, string>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-page-'));
    await build({ configFile: join(PAGE, 'vite.config.mjs'), logLevel: 'error', build: { outDir: folder } });
    const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    files = new Map(names.map(({ name, parentPath }) => [name, readFileSync(join(parentPath, name), 'utf8')] as const));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(`weighs less than ${MOST_BYTES / 1000} kB, everything together, as it is sent`, () => {
    const bytes = [...files.values()].reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(MOST_BYTES);
  });

  it('names no other host', () => {
    const foreign = [...files].flatMap(([name, text]) =>
      [...text.replaceAll(NAMESPACES, '').matchAll(/(?:https?|wss?):\/\/[a-z0-9.-]+/gi)].map(
        ([url]) => `${name}: ${url}`,
      ),
    );
    expect(foreign).toEqual([]);
  });

  it('has no script and no style that a strict content policy would refuse', () => {
    const html = files.get('index.html') ?? '';
    expect(html).toContain('<script type="module"');
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:|data:/i);
  });

  it('keeps schemas on the server: they are types here', () => {
    expect([...files.values()].join('')).not.toContain('ZodType');
  });
});
