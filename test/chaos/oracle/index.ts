import { askerFindings } from './askers.ts';
import { bridgeFindings } from './bridge.ts';
import { governorFindings } from './governor.ts';
import { outcomeFindings } from './outcomes.ts';
import type { Finding, Witness } from './witness.ts';

/** Everything that must not be in what was written; empty when all that was promised holds. */
export function findingsOf(witness: Witness): readonly Finding[] {
  return [
    ...outcomeFindings(witness),
    ...governorFindings(witness),
    ...bridgeFindings(witness),
    ...askerFindings(witness),
  ];
}
