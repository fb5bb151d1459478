import { describe, expect, it } from 'vitest';
import { NAMED_GATES } from './support/named-gates.ts';
import { floorOf, ROOMS, roomOf } from './support/rooms.ts';
import {
  type Finding,
  functionsOf,
  importedPath,
  importsOf,
  linesMatching,
  projectPaths,
  readFiles,
  type SourceFile,
} from './support/source-files.ts';

const LONGEST_FILE = 250;
const LONGEST_FUNCTION = 50;
const FOLDERS = ['.ci', 'deploy', 'docs', 'handlers', 'runtime', 'schemas', 'test'];
const ROOT_FILES =
  /^(?:README\.md|SECURITY\.md|CHANGELOG\.md|LICENSE|package(?:-lock)?\.json|tsconfig\.json|biome\.json|knip\.json|vitest\.config\.ts|\.gitignore|\.npmrc|\.nvmrc|\.dockerignore|\.editorconfig)$/;

/** The type of a value that says itself what it is. */
const DERIVED_TYPE = /^export type \w+ = (?:\(typeof \w+\)\[number\]|z\.(?:output|infer)<typeof \w+>);$/;

const paths = projectPaths();
const code = readFiles(paths.filter((path) => /^(?:schemas|handlers|runtime|test|deploy)\/.*\.tsx?$/.test(path)));
const ours = code.filter((file) => !file.path.startsWith('test/'));
const tests = code.filter((file) => file.path.endsWith('.test.ts'));

function findings(files: readonly SourceFile[], rule: (file: SourceFile) => readonly Finding[]): readonly Finding[] {
  return files.flatMap(rule);
}

function under(...folders: string[]): readonly SourceFile[] {
  return code.filter((file) => folders.some((folder) => file.path.startsWith(`${folder}/`)));
}

describe('layout', () => {
  it('has at the top level the folders and files of the design', () => {
    const tops = [...new Set(paths.map((path) => path.split('/')))];
    const odd = tops.filter(([first = '', second]) =>
      second === undefined ? !ROOT_FILES.test(first) : !FOLDERS.includes(first),
    );
    expect(odd.map((parts) => parts.join('/'))).toEqual([]);
  });

  it('has code to look at', () => {
    expect(under('schemas').length).toBeGreaterThan(4);
    expect(under('runtime').length).toBeGreaterThan(10);
    expect(tests.length).toBeGreaterThan(4);
  });
});

describe('imports go one way', () => {
  it.each([
    ['schemas', /^schemas\//],
    ['handlers', /^(?:schemas|handlers)\//],
    ['runtime', /^(?:schemas|handlers|runtime)\//],
  ])('%s', (folder, allowed) => {
    const outside = (file: SourceFile) =>
      importsOf(file)
        .filter((module) => !allowed.test(importedPath(file, module) ?? `${folder}/`))
        .map((module) => `${file.path} imports ${module}`);
    expect(findings(under(folder), outside)).toEqual([]);
  });

  it('from one handler to another only through what they share', () => {
    const other = (file: SourceFile) => {
      const own = nameOfHandler(file.path);
      return importsOf(file)
        .map((module) => importedPath(file, module))
        .filter(
          (path) =>
            path?.startsWith('handlers/') === true && !['common', 'contract', own].includes(nameOfHandler(path)),
        )
        .map((path) => `${file.path} imports ${path}`);
    };
    expect(findings(under('handlers'), other)).toEqual([]);
  });

  it('inside runtime/ from each room to those below it alone', () => {
    const upward = (file: SourceFile) =>
      importsOf(file)
        .map((module) => importedPath(file, module) ?? '')
        .filter((path) => path.startsWith('runtime/') && floorOf(path) > floorOf(file.path))
        .map((path) => `${file.path} imports ${path}`);
    const built = under('runtime');
    expect(findings(built, upward)).toEqual([]);
    expect([...new Set(built.map(({ path }) => roomOf(path)))].toSorted()).toEqual(ROOMS.toSorted());
  });

  it('into the page of the console from schemas and the waits after failures alone, but for types', () => {
    const reaching = (file: SourceFile) => {
      const types = new Set(
        [...file.text.matchAll(/^import type [^;]*? from '([^']+)';$/gm)].map(([, module]) => module),
      );
      return importsOf(file)
        .filter((module) => !types.has(module))
        .map((module) => importedPath(file, module) ?? '')
        .filter(
          (path) => /^(?:handlers|runtime)\//.test(path) && !/^runtime\/(?:doors\/page\/|settings\/backoff)/.test(path),
        )
        .map((path) => `${file.path} imports ${path}`);
    };
    expect(findings(under('runtime/doors/page'), reaching)).toEqual([]);
  });

  it('in the order that the page on the architecture gives', () => {
    const [page] = readFiles(['docs/architecture.md']);
    const rows = [...(page?.text ?? '').matchAll(/^\| `runtime\/([\w/-]+)\/` \| [^|]+ \|$/gm)];
    expect(rows.map(([, room]) => room)).toEqual(ROOMS);
  });

  it('no file of the engine names a gate, and of the rest of runtime/ and of deploy/ only those with a reason', () => {
    const gates = [...new Set(under('handlers').map(({ path }) => nameOfHandler(path)))];
    const names = gates.filter((name) => !['common', 'contract'].includes(name)).join('|');
    const naming = new RegExp(`(['"\`])(?:${names})\\1|from '[./]+/handlers/(?:${names})/`);
    const found = under('runtime', 'deploy').filter(({ text }) => naming.test(text));
    expect(found.map(({ path }) => path).toSorted()).toEqual(Object.values(NAMED_GATES).flat().toSorted());
    expect(found.filter(({ path }) => path.startsWith('runtime/engine/'))).toEqual([]);
  });

  it('schemas and handlers do no I/O', () => {
    const io = /^(?:ioredis|bullmq|fastify|pino|prom-client|node:)/;
    const reaching = (file: SourceFile) =>
      importsOf(file)
        .filter((module) => io.test(module))
        .map((module) => `${file.path} imports ${module}`);
    expect(findings(under('schemas', 'handlers'), reaching)).toEqual([]);
  });

  it('no token is compared but in constant time', () => {
    const compared = /(?:admin|viewer|bearer)Token\b[^=]{0,12}[!=]==(?! undefined| '')/;
    const comparing = (file: SourceFile) => linesMatching(file, compared, 'compares a token as it is');
    expect(findings(under('runtime'), comparing)).toEqual([]);
    expect(under('runtime').find(({ path }) => path === 'runtime/doors/http/tokens.ts')?.text).toContain(
      'timingSafeEqual(',
    );
  });

  it('the environment is read in runtime/settings alone', () => {
    const reading = (file: SourceFile) => linesMatching(file, /\bprocess\.env\b/, 'reads process.env');
    const elsewhere = ours.filter((file) => !file.path.startsWith('runtime/settings/'));
    expect(findings(elsewhere, reading)).toEqual([]);
  });
});

describe('one place', () => {
  it('says how long a minute, an hour or a day is', () => {
    const named = /\bconst (?:SECOND|MINUTE|HOUR|DAY|WEEK|YEAR)(?:_\w+)? =/;
    const written = /\b(?:86_400(?:_000)?|3_600(?:_000)?)\b/;
    const elsewhere = (files: readonly SourceFile[]) => files.filter(({ path }) => path !== 'schemas/duration.ts');
    expect(findings(elsewhere(code), (file) => linesMatching(file, named, 'names a span'))).toEqual([]);
    expect(findings(elsewhere(ours), (file) => linesMatching(file, written, 'writes a span as a number'))).toEqual([]);
  });
});

describe('sizes', () => {
  it(`no file is over ${LONGEST_FILE} lines`, () => {
    const long = code.filter((file) => file.lines.length > LONGEST_FILE);
    expect(long.map((file) => `${file.path} has ${file.lines.length}`)).toEqual([]);
  });

  it(`no function is over ${LONGEST_FUNCTION} lines`, () => {
    const long = (file: SourceFile) =>
      functionsOf(file)
        .filter((block) => block.length > LONGEST_FUNCTION)
        .map((block) => `${file.path}:${block.line} has ${block.length} lines`);
    expect(findings(code, long)).toEqual([]);
  });

  it('the measure of functions sees functions, methods and arrows, and their whole length', () => {
    const body = '    work();\n'.repeat(60);
    const measured = (text: string) =>
      functionsOf({ path: 'x.ts', text, lines: text.split('\n') }).map((block) => block.length);
    expect(measured(`function f(): void {\n${body}}`)).toEqual([62]);
    expect(measured(`export async function f(\n  a: number,\n): Promise<void> {\n${body}}`)).toEqual([64]);
    expect(measured(`class A {\n  async #read(a: string): Promise<void> {\n${body}  }\n}`)).toEqual([62]);
    expect(measured(`const f = async (a: number) => {\n${body}};`)).toEqual([62]);
    expect(measured(`if (a) {\n${body}}`)).toEqual([]);
  });
});

describe('words', () => {
  it('every export says what it promises', () => {
    const silent = (file: SourceFile) =>
      file.lines.flatMap((line, index) => {
        const isExport = /^export (?!\{|\*|type \{)/.test(line) && !DERIVED_TYPE.test(line);
        const before = file.lines[index - 1] ?? '';
        return isExport && !/\*\/$/.test(before) && !isOverload(file.lines, index)
          ? [`${file.path}:${index + 1} ${line}`]
          : [];
      });
    expect(
      findings(
        ours.filter((file) => !isHandlerFile(file.path)),
        silent,
      ),
    ).toEqual([]);
  });

  it('nothing is left over, skipped or silenced', () => {
    const leftOver =
      /\b(?:TODO|FIXME|XXX|HACK)\b|@ts-(?:ignore|expect-error|nocheck)|biome-ignore|(?:\bas|:) any(?=[;,)\]=[|&<>]| [=|&{])/;
    const skipped = /\b(?:it|test|describe)\.(?:skip|only|todo)\b/;
    const lua = readFiles(paths.filter((path) => path.endsWith('.lua')));
    const rest = [...code, ...lua].filter((file) => file.path !== 'test/tidy.test.ts');
    expect(findings(rest, (file) => linesMatching(file, leftOver, 'is left over'))).toEqual([]);
    expect(findings(tests, (file) => linesMatching(file, skipped, 'is skipped or alone'))).toEqual([]);
  });

  it('no file names a machine path or a package server', () => {
    const machine =
      /(?:^|[\s"'`(=])\/(?:w[o]rk|r[o]ot|h[o]me|f[a]rm)\/[a-z]|\.\.\/sh[a]red|r[e]gistry\.npm|d[e]b\.debian/;
    const text = readFiles(
      paths.filter((path) => /\.(?:tsx?|mjs|lua|css|html|md|json|sh|ya?ml|service)$|^\.ci\//.test(path)),
    );
    const others = text.filter((file) => !['package-lock.json', 'test/tidy.test.ts'].includes(file.path));
    expect(findings(others, (file) => linesMatching(file, machine, 'names a machine'))).toEqual([]);
    expect(text.find((file) => file.path === 'package-lock.json')?.text).not.toContain('"resolved"');
  });
});

describe('tests', () => {
  it('every handler has one of its name', () => {
    const names = new Set(
      under('handlers')
        .map((file) => file.path)
        .filter(isHandlerFile)
        .map(nameOfHandler),
    );
    const missing = [...names].filter((name) => !paths.includes(`test/handlers/${name}.test.ts`));
    expect(missing).toEqual([]);
  });
});

function nameOfHandler(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '');
}

/** A file whose default export is a handler; what it promises stands in its `summary`. */
function isHandlerFile(path: string): boolean {
  return /^handlers\/(?:[^/]+\.ts|(?!(?:common|contract)\/)[^/]+\/index\.ts)$/.test(path);
}

function isOverload(lines: readonly string[], index: number): boolean {
  const name = /^export (?:async )?function (\w+)/.exec(lines[index] ?? '')?.[1];
  return name !== undefined && (lines[index - 1] ?? '').startsWith(`export function ${name}`);
}
