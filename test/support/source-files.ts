import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A text file of the project, by its path from the root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Something a rule has to say against a line of a file, as `path:line what`. */
export type Finding = string;

/** The paths of all files that belong to the project: tracked, or new and not ignored. */
export function projectPaths(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64e6,
  });
  return [...new Set(listed.split('\n'))].filter((path) => path !== '' && existsSync(ROOT + path)).sort();
}

/** The files of these paths, read. */
export function readFiles(paths: readonly string[]): readonly SourceFile[] {
  return paths.map((path) => {
    const text = readFileSync(ROOT + path, 'utf8');
    return { path, text, lines: text.replace(/\n$/, '').split('\n') };
  });
}

/** The modules a file imports, static and dynamic, as written. */
export function importsOf(file: SourceFile): readonly string[] {
  const found = file.text.matchAll(/(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)['"]([^'"]+)['"]/gm);
  return [...found].map((match) => match[1] ?? '');
}

/** The path from the root that an import of a file means; undefined for a package. */
export function importedPath(file: SourceFile, module: string): string | undefined {
  return module.startsWith('.') ? new URL(module, `file:///${file.path}`).pathname.slice(1) : undefined;
}

/** The lines that match, each as `path:line what`. */
export function linesMatching(file: SourceFile, pattern: RegExp, what: string): readonly Finding[] {
  return file.lines.flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1} ${what}`] : []));
}

/** A block of formatted code: its first line, and how many lines it has to the one that closes it. */
export interface Block {
  readonly line: number;
  readonly length: number;
}

const FUNCTION = /^(?:export )?(?:default )?(?:async )?function\b/;
const ARROW = /^(?:(?:export )?const \w+\b|[\w$]+:|return\b).*=> \{$/;
const METHOD = /^(?:static |async |get |set |\*)*#?[\w$]+(?:<.*>)?\(/;
const CONTROL = /^(?:if|for|while|switch|catch|return|with|else)\b/;

/**
 * The functions of a formatted file. Formatted code closes a block with a line of the same indent that begins with `}`,
 * so a function is what lies between its opening line and that one; a call with a function as its argument is none.
 */
export function functionsOf(file: SourceFile): readonly Block[] {
  return file.lines.flatMap((line, index) => {
    const indent = /^ */.exec(line)?.[0] ?? '';
    const code = line.slice(indent.length);
    const isMethod = METHOD.test(code) && !CONTROL.test(code) && !code.endsWith('=> {');
    if (!isMethod && !FUNCTION.test(code) && !ARROW.test(code)) return [];
    const end = closingLine(file.lines, index, indent);
    return end === undefined ? [] : [{ line: index + 1, length: end - index + 1 }];
  });
}

/** A head over several lines has lines in between that close it (`): Promise<void> {`): the block opens on the last of them. */
function closingLine(lines: readonly string[], start: number, indent: string): number | undefined {
  for (let at = start; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const isOpening = line.endsWith('{') || line.endsWith('(');
    if (at === start && !isOpening) return undefined;
    if (at > start && line.startsWith(`${indent}}`)) return at;
    if (at > start && line.startsWith(`${indent})`) && !line.endsWith('{')) return undefined;
    if (at > start && line !== '' && !line.startsWith(indent)) return undefined;
  }
  return undefined;
}
