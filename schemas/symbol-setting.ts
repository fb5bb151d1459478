import { z } from 'zod';
import { quoted, type Setting } from './setting.ts';
import { identifierProblem } from './wire.ts';

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

/** What was expected of a symbol where it is none; undefined where it is one. */
function symbolProblem(symbol: string): string | undefined {
  const usable = identifierProblem(symbol) === undefined && !/[a-z*,]/.test(symbol);
  return usable ? undefined : 'a symbol in capitals, as BTCUSDT';
}
