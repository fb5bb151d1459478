import { parseNumber } from '../../../../schemas/number.ts';
import { identifierProblem } from '../../../../schemas/wire.ts';

const MOST_PROBLEMS = 20;
const EXCERPT_CHARS = 60;

/** An object of an answer, its members not looked at yet. */
export type Item = Readonly<Record<string, unknown>>;

/** The object, or `undefined` when it is none (a list is none). */
export function itemOf(value: unknown): Item | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Item) : undefined;
}

/** The list; one object stands for a list of itself, anything else for no list. */
export function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return itemOf(value) === undefined ? undefined : [value];
}

/** The finite number that a JSON number or a decimal text is, else `undefined`. */
export function figureOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' ? parseNumber(value) : undefined;
}

/** The number when it is above 0: the exchange writes 0 for a price that it does not know. */
export function priceOf(value: unknown): number | undefined {
  const figure = figureOf(value);
  return figure !== undefined && figure > 0 ? figure : undefined;
}

/** Unix ms, as a number or as text; 0 stands for no time. */
export function timeMsOf(value: unknown): number | undefined {
  const figure = figureOf(value);
  return figure !== undefined && Number.isSafeInteger(figure) && figure > 0 ? figure : undefined;
}

/** The text of a text or a number (ids come as either), else an empty one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** A symbol that can be a name on the wire, else `undefined`. */
export function symbolOf(value: unknown): string | undefined {
  return typeof value === 'string' && identifierProblem(value) === undefined ? value : undefined;
}

/** What could not be read, in words; the first of them in full, the others counted. */
export class Problems {
  readonly #told: string[] = [];
  #more = 0;

  add(problem: string): void {
    if (this.#told.length < MOST_PROBLEMS) this.#told.push(problem);
    else this.#more += 1;
  }

  list(): readonly string[] {
    return this.#more === 0 ? this.#told : [...this.#told, `and ${this.#more} more`];
  }
}

/** The beginning of what came, for a message. */
export function excerptOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length <= EXCERPT_CHARS ? text : `${text.slice(0, EXCERPT_CHARS)}…`;
}
