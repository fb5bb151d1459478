import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { declarationProblem, togetherProblem } from '../../../handlers/contract/declaration.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';

const FOLDER = new URL('../../../handlers/', import.meta.url);
const SHARED = ['common', 'contract'];
const FUNCTIONS = ['reads', 'handle', 'onFailure'] as const;
const SOURCES = ['stream', 'every', 'after', 'watch'];

/** A handler that cannot be hosted: says which file, what was expected and what came. */
export class HandlerNotWhole extends Error {}

/**
 * Finds the handlers by reading the folder: `<name>.ts` or `<name>/index.ts`, in order of their names.
 * Throws `HandlerNotWhole` for one whose default export is not a whole handler of that name.
 */
export async function loadHandlers(folder: URL = FOLDER): Promise<AnyHandler[]> {
  const found = await readdir(fileURLToPath(folder), { withFileTypes: true });
  const handlers: AnyHandler[] = [];
  for (const entry of found.sort((a, b) => a.name.localeCompare(b.name))) {
    const place = placeOf(entry.name, entry.isDirectory());
    if (place !== undefined) handlers.push(await load(folder, place.path, place.name));
  }
  const problem = togetherProblem(handlers);
  if (problem !== undefined) throw new HandlerNotWhole(problem);
  return handlers;
}

function placeOf(fileName: string, isFolder: boolean): { name: string; path: string } | undefined {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  if (isFolder)
    return SHARED.includes(fileName) ? undefined : { name: fileName, path: `${fileName}/index${extension}` };
  if (!fileName.endsWith(extension) || fileName.endsWith('.d.ts')) return undefined;
  return { name: fileName.slice(0, -extension.length), path: fileName };
}

async function load(folder: URL, path: string, name: string): Promise<AnyHandler> {
  const module: unknown = await import(new URL(path, folder).href);
  const handler = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  const problem = problemOf(handler, name);
  if (problem !== undefined) throw new HandlerNotWhole(`handlers/${path}: ${problem}`);
  return handler as AnyHandler;
}

function problemOf(handler: unknown, name: string): string | undefined {
  if (typeof handler !== 'object' || handler === null)
    return 'expected a default export made by defineHandler, got none';
  const parts = handler as Partial<Record<keyof AnyHandler, unknown>>;
  if (parts.name !== name)
    return `expected the name ${JSON.stringify(name)}, that of the file, got ${JSON.stringify(parts.name)}`;
  for (const text of ['gate', 'summary'] as const) {
    if (typeof parts[text] !== 'string' || parts[text] === '')
      return `expected ${text} to be text, got ${typeof parts[text]}`;
  }
  for (const part of FUNCTIONS) {
    if (typeof parts[part] !== 'function') return `expected ${part} to be a function, got ${typeof parts[part]}`;
  }
  for (const schema of ['message', 'settings'] as const) {
    if (!isSchema(parts[schema])) return `expected ${schema} to be a zod schema, got ${typeof parts[schema]}`;
  }
  for (const list of ['metrics', 'settingNames'] as const) {
    if (!Array.isArray(parts[list])) return `expected ${list} to be a list, got ${typeof parts[list]}`;
  }
  const declared = declarationProblem(handler as AnyHandler);
  if (declared !== undefined) return declared;
  const kind = (parts.on as { kind?: unknown } | undefined)?.kind;
  return SOURCES.includes(String(kind))
    ? undefined
    : `expected on to be stream(), every(), after() or watch(), got ${String(kind)}`;
}

function isSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'safeParse' in value && typeof value.safeParse === 'function';
}
