import { followed } from '../text/watch.ts';
import { modeWords, spaced } from '../text/words.ts';
import type { Action } from './actions.ts';
import type { ActivationView, Rehearsal, RolledBack } from './wire.ts';

/** Whether the gate acts already. */
export function isActing({ mode, enforcing }: Pick<ActivationView, 'mode' | 'enforcing'>): boolean {
  return mode === enforcing;
}

/** Putting a gate into its enforcing mode, under watch. `isForced` passes over lines of the checklist that do not hold. */
export function activate(activation: ActivationView, isForced: boolean, onDone: () => void): Action {
  const { gate, enforcing } = activation;
  const { word } = modeWords(enforcing);
  return {
    title: `${isForced ? 'Force' : 'Activate'} ${gate} into ${word}`,
    verb: isForced ? 'Force the activation' : 'Activate',
    path: '/v1/activate',
    body: { gate, ...(isForced && { force: true }) },
    preview: { action: 'mode', gate, mode: enforcing },
    word,
    says: isForced ? forcedWords(activation) : UNDER_WATCH,
    isDangerous: true,
    onDone,
  };
}

const UNDER_WATCH =
  'The checklist is looked at once more. Afterwards the gate is watched for an hour, and rolled back by itself when a condition breaks.';

function forcedWords({ lines }: ActivationView): string {
  const open = lines.filter(({ ok }) => !ok).map(({ item }) => spaced(item));
  return `Passed over, and written down with your name: ${open.join(', ')}. It is watched for an hour all the same.`;
}

/** Putting a gate back where it changes nothing. */
export function rollBack({ gate, resting }: ActivationView, onDone: () => void): Action {
  const { word } = modeWords(resting);
  return {
    title: `Roll ${gate} back to ${word}`,
    verb: 'Roll back',
    path: '/v1/rollback',
    body: { gate },
    preview: { action: 'mode', gate, mode: resting },
    reasons: ['it stops too much', 'its figures look wrong', 'to look into it'],
    isDangerous: false,
    onDone,
    outcomeOf: (answer) => followed(`${gate} is back in ${word}`, answer as RolledBack),
  };
}

/** Measuring how fast a rollback would be in force, without one. */
export function rehearse({ gate }: ActivationView, onDone: () => void): Action {
  return {
    title: `Rehearse a rollback of ${gate}`,
    verb: 'Rehearse',
    path: '/v1/rollback',
    body: { gate, rehearse: true },
    preview: undefined,
    says: 'Measures how fast a rollback would reach every worker. No mode changes; the ledger keeps the result.',
    reasons: ['before an activation', 'the weekly rehearsal'],
    isDangerous: false,
    onDone,
    outcomeOf: (answer) => {
      const rehearsal = answer as Rehearsal;
      return followed(`Rehearsal ${rehearsal.passed ? 'passed' : 'not passed'}`, rehearsal);
    },
  };
}
