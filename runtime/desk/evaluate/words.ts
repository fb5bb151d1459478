import type { LoggedCheck } from '../../../schemas/decision.ts';
import { governorWords, heatWords } from '../explain/reasons.ts';

/** A decision as far as its reason goes. */
interface Reasoned {
  readonly reason: string;
  readonly checks: readonly LoggedCheck[];
  readonly symbol: string;
}

const WORDS: Readonly<Record<string, (about: Reasoned) => string>> = {
  'heat-gate': ({ reason }) => heatWords(reason),
  governor: ({ reason, checks, symbol }) => governorWords(reason, checks, symbol),
};

/** Why a gate said what it did, in words: of a gate that has none of its own, its reason with spaces. */
export function reasonInWords(gate: string, about: Reasoned): string {
  return WORDS[gate]?.(about) ?? about.reason.replaceAll('_', ' ');
}
