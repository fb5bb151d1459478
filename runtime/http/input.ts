import { parseNumber } from '../../schemas/number.ts';
import { quoted } from '../../schemas/setting.ts';
import { identifierProblem } from '../../schemas/wire.ts';
import { HttpError } from './errors.ts';

/** The parameters of a query; one given twice is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

type Given = Query[string];

/** A symbol as contract §0 allows it; anything else is a 400 that says why. */
export function symbolInput(given: Given): string {
  const symbol = lastOf(given);
  const problem = identifierProblem(symbol);
  if (symbol !== undefined && problem === undefined) return symbol;
  throw new HttpError(400, `symbol: expected printable ASCII without blanks, ":", "{" and "}", got ${came(symbol)}`);
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
