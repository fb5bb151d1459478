import luaparse, { type Chunk, type Expression, type FunctionDeclaration, type Node, type Statement } from 'luaparse';
import { luaText } from '../../runtime/redis/lua.ts';
import { type Finding, projectPaths, readFiles, type SourceFile } from './source-files.ts';

/** What Redis gives a script, and what Lua has of its own that we use. */
const KNOWN = new Set([
  ...['KEYS', 'ARGV', 'redis', 'cjson', 'cmsgpack', 'struct', 'bit'],
  ...['ipairs', 'math', 'pairs', 'pcall', 'string', 'table', 'tonumber', 'tostring', 'type', 'unpack'],
]);
/** Up to here a literal position is a pair: an entry is its id and its fields. */
const PAIR = 2;
/** Names of lists that hold field names and values: a position in one counts on the order in which they are written. */
const NAMES_AND_VALUES = /^(?:fields|flat)$/;

/** All Lua of the project. */
export function luaFiles(): readonly SourceFile[] {
  return readFiles(projectPaths().filter((path) => path.endsWith('.lua')));
}

/** Whether Redis is given this file; any other is a part that scripts include. */
export function isScript({ text }: SourceFile): boolean {
  return text.startsWith('#!lua');
}

/** A script as Redis gets it. */
export function sentText({ path }: SourceFile): string {
  return luaText(new URL(`../../${path}`, import.meta.url));
}

/** The lines with which a file begins that are all comment. */
export function headOf({ lines }: SourceFile): readonly string[] {
  const from = lines[0]?.startsWith('#!') === true ? 1 : 0;
  const end = lines.findIndex((line, at) => at >= from && !line.startsWith('-- ') && line !== '--');
  return lines.slice(from, end);
}

/** The files that a file includes, as written. */
export function includesOf({ lines }: SourceFile): readonly string[] {
  return lines.flatMap((line) => /^--@include (\S+)$/.exec(line)?.[1] ?? []);
}

/** Functions, and what stands outside of them together, of more than `most` lines. */
export function longBlocks(file: SourceFile, most: number): readonly Finding[] {
  const chunk = parsed(file.text);
  const blocks = nodesIn(chunk)
    .filter((node): node is FunctionDeclaration => node.type === 'FunctionDeclaration')
    .map((node) => ({ line: lineOf(node), length: linesOf(node) }));
  const outside = chunk.body.filter((statement) => !isFunction(statement));
  blocks.push({ line: 1, length: outside.reduce((sum, statement) => sum + linesOf(statement), 0) });
  return blocks
    .filter(({ length }) => length > most)
    .map(({ line, length }) => `${file.path}:${line} has ${length} lines`);
}

/** Names that a script uses and neither it nor Redis has, such as a variable that was never declared local. */
export function unknownNames(path: string, sent: string): readonly Finding[] {
  const { globals } = luaparse.parse(sent, { luaVersion: '5.1', scope: true }) as Chunk & {
    readonly globals: readonly { readonly name: string }[];
  };
  return globals.filter(({ name }) => !KNOWN.has(name)).map(({ name }) => `${path} does not declare ${name}`);
}

/** Values that are taken by a number where a name would do. */
export function numberedValues(file: SourceFile): readonly Finding[] {
  const chunk = parsed(file.text);
  const named = new Set(
    chunk.body.flatMap((statement) => (statement.type === 'LocalStatement' ? nodesIn(statement) : [])),
  );
  return nodesIn(chunk).flatMap((node) => {
    if (node.type !== 'IndexExpression' || node.index.type !== 'NumericLiteral') return [];
    const name = nameOf(node.base);
    const isArgument = name === 'KEYS' || name === 'ARGV';
    if (isArgument ? named.has(node) : node.index.value <= PAIR && !NAMES_AND_VALUES.test(name)) return [];
    return [`${file.path}:${lineOf(node)} takes ${name}[${node.index.value}] by its position`];
  });
}

function parsed(text: string): Chunk {
  return luaparse.parse(text, { luaVersion: '5.1', locations: true });
}

/** `local function f`, `f = function`, `function t.f`. */
function isFunction(statement: Statement): boolean {
  if (statement.type === 'FunctionDeclaration') return true;
  return statement.type === 'AssignmentStatement' && statement.init[0]?.type === 'FunctionDeclaration';
}

function nameOf(expression: Expression): string {
  if (expression.type === 'Identifier') return expression.name;
  return expression.type === 'MemberExpression' ? expression.identifier.name : '';
}

function lineOf({ loc }: Node): number {
  return loc?.start.line ?? 0;
}

function linesOf({ loc }: Node): number {
  return loc === undefined ? 0 : loc.end.line - loc.start.line + 1;
}

/** A node and all that it is made of. */
function nodesIn(node: Node): readonly Node[] {
  const found: Node[] = [node];
  for (const value of Object.values(node)) {
    for (const one of [value].flat() as unknown[]) if (isNode(one)) found.push(...nodesIn(one));
  }
  return found;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}
