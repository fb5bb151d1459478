import { z } from 'zod';
import { parseNumber } from './number.ts';
import { quoted, type Setting } from './setting.ts';
import { identifierProblem } from './wire.ts';

const OTHERS = '*';

/** A comma list of symbols, each once, as the exchange writes them: a name in small letters would fit no plan. */
export function symbolsSetting(): Setting<ReadonlySet<string>> {
  return z
    .string()
    .optional()
    .transform((text, context): ReadonlySet<string> => {
      const symbols = new Set<string>();
      for (const symbol of (text ?? '').split(',').map((word) => word.trim())) {
        const problem = symbolProblem(symbol) ?? (symbols.has(symbol) ? 'each symbol once' : undefined);
        if (problem === undefined) symbols.add(symbol);
        else context.addIssue({ code: 'custom', message: `expected ${problem}, got ${quoted(symbol)}` });
      }
      return symbols;
    });
}

/** A limit for each of some symbols; that of `*` is for all others. */
export type SymbolLimits = ReadonlyMap<string, number>;

/** The limit of a symbol; undefined where it has none. */
export function limitOf(limits: SymbolLimits | undefined, symbol: string): number | undefined {
  return limits?.get(symbol) ?? limits?.get(OTHERS);
}

/** A comma list of a symbol, or `*`, and its limit, a finite number of at least 0: `BTCUSDT:2,*:5`. */
export function symbolLimitsSetting(): Setting<SymbolLimits> {
  return z
    .string()
    .optional()
    .transform((text, context): SymbolLimits => {
      const limits = new Map<string, number>();
      for (const pair of (text ?? '').split(',').map((word) => word.trim())) {
        const [symbol = '', limitText, ...more] = pair.split(':').map((word) => word.trim());
        const limit = parseNumber(limitText);
        const problem =
          limit === undefined || limit < 0 || more.length > 0
            ? 'a symbol and a number of at least 0, as BTCUSDT:2 or *:5'
            : symbol === OTHERS
              ? undefined
              : symbolProblem(symbol);
        const repeated = limits.has(symbol) ? 'each symbol once' : undefined;
        if (problem === undefined && repeated === undefined && limit !== undefined) limits.set(symbol, limit);
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
