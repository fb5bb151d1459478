import { parseNumber } from '../../schemas/number.ts';
import { quoted } from '../../schemas/setting.ts';
import { identifierProblem } from '../../schemas/wire.ts';
import { MOMENT_FORMS, type Moment, momentOf } from '../ops/moment.ts';
import { HttpError } from './errors.ts';

/** The parameters of a query; one given twice is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

type Given = Query[string];

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

/** Of a parameter that is given twice, the last wins (contract §0). */
function lastOf(given: Given): string | undefined {
  return typeof given === 'string' || given === undefined ? given : given.at(-1);
}

function came(text: string | undefined): string {
  return text === undefined ? 'nothing' : quoted(text);
}
