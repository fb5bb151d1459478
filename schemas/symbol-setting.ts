import { z } from 'zod';
import { parseNumber } from './number.ts';
import { quoted, type Setting } from './setting.ts';
import { identifierProblem } from './wire.ts';

/** The name of all that have no limit of their own. */
export const OTHERS = '*';

/** What names in a list are names of. */
export interface Named {
  /** What was expected of a name that is none; undefined where it is one. */
  readonly problem: (name: string) => string | undefined;
  /** In words, such as `symbol`, and one of them. */
  readonly word: string;
  readonly example: string;
}

const SYMBOL: Named = { word: 'symbol', example: 'BTCUSDT', problem: symbolProblem };

/** A comma list of symbols, each once, as the exchange writes them: a name in small letters would fit no plan. */
export function symbolsSetting(): Setting<ReadonlySet<string>> {
  return namesSetting(SYMBOL);
}

/** A comma list of names, each once. */
export function namesSetting({ problem: problemOf, word }: Named): Setting<ReadonlySet<string>> {
  return z
    .string()
    .optional()
    .transform((text, context): ReadonlySet<string> => {
      const names = new Set<string>();
      for (const name of (text ?? '').split(',').map((one) => one.trim())) {
        const problem = problemOf(name) ?? (names.has(name) ? `each ${word} once` : undefined);
        if (problem === undefined) names.add(name);
        else context.addIssue({ code: 'custom', message: `expected ${problem}, got ${quoted(name)}` });
      }
      return names;
    });
}

/** A limit for each of some names; that of `*` is for all others. */
export type NamedLimits = ReadonlyMap<string, number>;

/** The limit of a name; undefined where it has none. */
export function limitOf(limits: NamedLimits | undefined, name: string): number | undefined {
  return limits?.get(name) ?? limits?.get(OTHERS);
}

/** A comma list of a symbol, or `*`, and its limit, a finite number of at least 0: `BTCUSDT:2,*:5`. */
export function symbolLimitsSetting(): Setting<NamedLimits> {
  return namedLimitsSetting(SYMBOL);
}

/** Which numbers may be limits: finite ones of at least 0 where nothing is said. */
interface LimitNumbers {
  readonly words: string;
  readonly isOne: (limit: number) => boolean;
}

/** The same for names of any kind. */
export function namedLimitsSetting(
  { problem: problemOf, word, example }: Named,
  { words, isOne }: LimitNumbers = { words: 'a number of at least 0', isOne: (limit) => limit >= 0 },
): Setting<NamedLimits> {
  return z
    .string()
    .optional()
    .transform((text, context): NamedLimits => {
      const limits = new Map<string, number>();
      for (const pair of (text ?? '').split(',').map((one) => one.trim())) {
        const [name = '', limitText, ...more] = pair.split(':').map((one) => one.trim());
        const limit = parseNumber(limitText);
        const problem =
          limit === undefined || !isOne(limit) || more.length > 0
            ? `a ${word} and ${words}, as ${example}:2 or *:5`
            : name === OTHERS
              ? undefined
              : problemOf(name);
        const repeated = limits.has(name) ? `each ${word} once` : undefined;
        if (problem === undefined && repeated === undefined && limit !== undefined) limits.set(name, limit);
        else context.addIssue({ code: 'custom', message: `expected ${problem ?? repeated}, got ${quoted(pair)}` });
      }
      return limits;
    });
}

/** What was expected of a symbol where it is none; undefined where it is one. */
function symbolProblem(symbol: string): string | undefined {
  const usable = identifierProblem(symbol) === undefined && !/[a-z*,]/.test(symbol);
  return usable ? undefined : 'a symbol in capitals, as BTCUSDT';
}
