import { parseJson } from '../../../schemas/json.ts';
import { parseNumber } from '../../../schemas/number.ts';
import type { Fields } from '../../../schemas/wire.ts';

/** Fields with the members of those that hold a JSON object beside them, as `field.member`, in place of the object. */
export function withMembers(fields: Fields): Fields {
  const all: Record<string, string> = Object.create(null);
  for (const [name, text] of Object.entries(fields)) {
    const value = text.startsWith('{') ? parseJson(text) : undefined;
    if (!isObject(value)) all[name] = text;
    else for (const [member, held] of Object.entries(value)) all[`${name}.${member}`] = textOf(held);
  }
  return all;
}

/**
 * How far apart two values are: 0 when they are the same text, the same JSON, or numbers within the tolerance, which is
 * relative to the larger of them but never to less than 1; the difference of two numbers; else Infinity.
 */
export function distance(a: string | undefined, b: string | undefined, tolerance: number): number {
  if (a === b) return 0;
  const [x, y] = [parseNumber(a), parseNumber(b)];
  if (x !== undefined && y !== undefined) return numbersApart(x, y, tolerance);
  const [held, other] = [structureOf(a), structureOf(b)];
  const isSame = held !== undefined && other !== undefined && areSame(held, other, tolerance);
  return isSame ? 0 : Number.POSITIVE_INFINITY;
}

/** Of a difference, the first six digits: behind them is what subtracting added. */
function numbersApart(x: number, y: number, tolerance: number): number {
  const apart = Number(Math.abs(x - y).toPrecision(6));
  return apart <= tolerance * Math.max(1, Math.abs(x), Math.abs(y)) ? 0 : apart;
}

function areSame(a: unknown, b: unknown, tolerance: number): boolean {
  if (typeof a === 'number' && typeof b === 'number') return numbersApart(a, b, tolerance) === 0;
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return a === b;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && areSame(a[name], b[name], tolerance))
  );
}

function structureOf(text: string | undefined): unknown {
  return text !== undefined && /^[{[]/.test(text) ? parseJson(text) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
