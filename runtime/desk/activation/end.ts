import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Activation } from '../../../schemas/activation.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { type Change, operate } from '../../engine/commit/operation.ts';
import type { ModalGate } from '../../engine/policy/modal-gates.ts';
import { policyKeys } from '../../engine/policy/policy-history.ts';
import { rewriteStoredModes } from '../../engine/policy/stored-modes.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { readActivation } from './record.ts';
import { END } from './scripts.ts';

/** How the watch of an activation ended. */
export interface EndedActivation {
  readonly gate: string;
  readonly state: Activation['state'];
  readonly outcome: string;
}

/** What a watch came to; the reason of the change says why. `decisions` undefined: as many as were seen last. */
export interface ActivationEnd {
  readonly state: 'kept' | 'rolled_back' | 'ended';
  readonly change: Change;
  readonly decisions: number | undefined;
  /** The activation that is meant; the one under watch unless it is named. */
  readonly id?: string;
}

/** Ends the watch of a gate's activation, and rolls it back where that is what it came to; once, whoever else does. Undefined where none is under watch. */
export async function endActivation(
  redis: Redis,
  portfolio: Portfolio,
  about: ModalGate,
  end: ActivationEnd,
): Promise<EndedActivation | undefined> {
  const { gate } = about;
  const known = await readActivation(redis, portfolio, gate);
  if (known === undefined || known.state !== 'watching') return undefined;
  const version = randomUUID();
  const { ended, state, outcome } = await operate<{ ended: boolean; state: Activation['state']; outcome: string }>(
    redis,
    portfolio,
    END,
    end.change,
    {
      keys: [...policyKeys(portfolio, gate), portfolio.key(runtimeKeys.activation(gate))],
      args: [gate, end.id ?? known.id, end.state, version, String(end.decisions ?? known.decisions)],
    },
  );
  if (!ended) return undefined;
  if (state === 'rolled_back') await rewriteStoredModes(redis, portfolio, about, known.from, version);
  return { gate, state, outcome };
}
