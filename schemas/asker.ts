import type { Named } from './symbol-setting.ts';
import { identifierProblem } from './wire.ts';

/** The strategy of whoever names none. */
export const DEFAULT_STRATEGY = 'default';

/** Which strategy asks, as an entry says it. */
export interface Asker {
  /** Undefined where the entry names none, or none that can be used. */
  readonly strategy: string | undefined;
  /** False for a name that cannot be used: whose limits apply is not known then. */
  readonly strategyReadable: boolean;
}

/** The strategy that the text of a field `strategy` names. */
export function parseAsker(text: string | undefined): Asker {
  const name = text?.trim() ?? '';
  if (name === '') return { strategy: undefined, strategyReadable: true };
  const readable = strategyProblem(name) === undefined;
  return { strategy: readable ? name : undefined, strategyReadable: readable };
}

/** What was expected of the name of a strategy where it is none; undefined where it is one. Limits are lists of names, and `off`. */
export function strategyProblem(name: string): string | undefined {
  const usable = identifierProblem(name) === undefined && !/^\*$|^off$|,/i.test(name);
  return usable
    ? undefined
    : 'a strategy of 1 to 128 characters of printable ASCII without blanks, ",", ":", "{" and "}", and not "*" or "off"';
}

/** What settings name strategies by. */
export const STRATEGY: Named = { word: 'strategy', example: 'trend', problem: strategyProblem };
