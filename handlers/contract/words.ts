import type { LoggedCheck } from '../../schemas/decision.ts';

/** A reason in words that may end a sentence: a text, or what is made of the check that refused and of the symbol. */
export type ReasonWords = string | ((check: LoggedCheck | undefined, symbol: string) => string);
