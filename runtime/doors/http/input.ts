import type { z } from 'zod';
import { StreamId } from '../../../schemas/api/shapes.ts';
import { issuesText } from '../../../schemas/issues.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { quoted } from '../../../schemas/setting.ts';
import { identifierProblem } from '../../../schemas/wire.ts';
import { MOMENT_FORMS, type Moment, momentOf } from '../../desk/decisions/moment.ts';
import { HttpError } from './errors.ts';

/** The parameters of a query; one given twice is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

type Given = Query[string];

const DEFAULT_LIMIT = 100;
const MOST_ENTRIES = 200;
const MOST_CHARACTERS = 200;

/** A symbol as contract §0 allows it; anything else is a 400 that says why. */
export function symbolInput(given: Given): string {
  return identifierInput('symbol', given);
}

/** A plan id as contract §0 allows it; anything else is a 400 that says why. */
export function planIdInput(given: Given): string {
  return identifierInput('plan_id', given);
}

/** A moment (`48h`, `7d`, or a time); anything else is a 400 that names the parameter. */
export function momentInput(name: string, given: Given): Moment {
  const text = lastOf(given);
  const moment = text === undefined ? undefined : momentOf(text);
  if (moment !== undefined) return moment;
  throw new HttpError(400, `${name}: expected ${MOMENT_FORMS}, got ${came(text)}`);
}

/** A body as its schema reads it; anything else is a 400 that names what is wrong. No body at all counts as an empty one. */
export function bodyInput<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  throw new HttpError(400, issuesText(result.error));
}

function identifierInput(name: string, given: Given): string {
  const text = lastOf(given);
  const problem = identifierProblem(text);
  if (text !== undefined && problem === undefined) return text;
  throw new HttpError(400, `${name}: expected printable ASCII without blanks, ":", "{" and "}", got ${came(text)}`);
}

/** A finite number; anything else is a 400 that names the parameter. `initial` is what holds when it is left out. */
export function numberInput(name: string, given: Given, initial?: number): number {
  const text = lastOf(given);
  const value = text === undefined ? initial : parseNumber(text);
  if (value !== undefined) return value;
  throw new HttpError(400, `${name}: expected a finite number, got ${came(text)}`);
}

/** The number of entries of a page, 1 to 200; anything else is a 400. */
export function limitInput(given: Given): number {
  const text = lastOf(given);
  if (text === undefined) return DEFAULT_LIMIT;
  const value = parseNumber(text);
  if (value !== undefined && Number.isInteger(value) && value >= 1 && value <= MOST_ENTRIES) return value;
  throw new HttpError(400, `limit: expected a whole number from 1 to ${MOST_ENTRIES}, got ${came(text)}`);
}

/** The id of a stream entry; anything else is a 400 that names the parameter. */
export function entryIdInput(name: string, given: Given): string {
  const text = lastOf(given);
  const id = text === undefined ? undefined : plainId(text);
  if (id !== undefined) return id;
  throw new HttpError(400, `${name}: expected the id of an entry such as 1717000000000-0, got ${came(text)}`);
}

/** Text of up to 200 characters; undefined where it is left out or blank, and a 400 that names the parameter where it is longer. */
export function textInput(name: string, given: Given): string | undefined {
  const text = lastOf(given)?.trim();
  if (text === undefined || text === '') return undefined;
  if (text.length <= MOST_CHARACTERS) return text;
  throw new HttpError(400, `${name}: expected up to ${MOST_CHARACTERS} characters, got ${text.length}`);
}

/** An id without zeros in front, or `undefined` for text that is none: both parts are 64-bit numbers. */
function plainId(text: string): string | undefined {
  if (!StreamId.safeParse(text).success) return undefined;
  const parts = text.split('-').map(BigInt);
  return parts.every((part) => part < 2n ** 64n) ? parts.join('-') : undefined;
}

/** Of a parameter that is given twice, the last wins (contract §0). */
export function lastOf(given: Given): string | undefined {
  return typeof given === 'string' || given === undefined ? given : given.at(-1);
}

function came(text: string | undefined): string {
  return text === undefined ? 'nothing' : quoted(text);
}
