import { span } from '../../../schemas/amount-text.ts';
import type { CalibratedReader, EffectProof, ProvenFact } from '../../desk/activation/effect-proof.ts';
import { brief, labelled } from './output.ts';
import { toned } from './style.ts';

/** Whether somebody acts on what the gates write: a line each for permits, executions and softened exits. */
export function effectProofText(proof: EffectProof, at: number, within?: number): string {
  const seen = (fact: ProvenFact, word: string) => `${fact.count} ${word}${lastText(fact, at)}`;
  const alarm = (fact: ProvenFact, word: string) => {
    if (fact.count === 0) return `0 ${word}`;
    return toned('bad', `${seen(fact, word.toUpperCase())}: plan ${brief(fact.last_plan_id)}`);
  };
  const unseen = proof.permit_unseen.count === 0 ? [] : [seen(proof.permit_unseen, 'unseen')];
  const lines = [
    ['Permits', [seen(proof.permit_taken, 'taken'), alarm(proof.permit_not_taken, 'not taken'), ...unseen]],
    [
      'Executed',
      [seen(proof.executed_with_permit, 'with a permit'), alarm(proof.executed_without_permit, 'without one')],
    ],
    [
      'Softened exits',
      [seen(proof.calibrated_used, 'used'), alarm(proof.calibrated_not_used, 'not used'), readersText(proof)],
    ],
  ] as const;
  return lines.map(([name, parts]) => labelled(name, parts.join(', '), within)).join('');
}

function lastText({ last_at }: ProvenFact, at: number): string {
  return last_at === null ? '' : ` (last ${span(Math.max(0, at - last_at))} ago)`;
}

function readersText({ calibrated_readers: readers }: EffectProof): string {
  if (readers.length === 0) return 'harvest.calibrated has no reader';
  return `harvest.calibrated read by ${readers.map(readerText).join(', ')}`;
}

function readerText({ group, idle_sec, waiting }: CalibratedReader): string {
  const last = idle_sec === null ? 'no consumer' : `${span(idle_sec)} ago`;
  return `${brief(group)} (${last}, ${waiting} waiting)`;
}
