import { alternatives } from '../../../schemas/setting.ts';
import { Refusal } from '../../engine/commit/operation.ts';
import { gateModes, type ModalGate } from '../../engine/policy/modes.ts';

/** The mode in which a gate only shows what it would do, and the one that an activation puts it into. */
export interface ActivationModes {
  readonly resting: string;
  readonly enforcing: string;
}

const MODES: Readonly<Record<ModalGate, ActivationModes>> = {
  'heat-gate': { resting: 'shadow', enforcing: 'enforce' },
  'risk-governor': { resting: 'shadow', enforcing: 'enforce' },
  governor: { resting: 'testnet', enforcing: 'production' },
};

/** A gate that can be activated. */
export const activatedGates: readonly ModalGate[] = ['heat-gate', 'risk-governor', 'governor'];

/** A gate that can be activated, with its modes; throws a `Refusal` for any other, which says why it has none. */
export function activatedGate(gate: string): ActivationModes & { readonly gate: ModalGate } {
  const found = activatedGates.find((one) => one === gate);
  if (found !== undefined) return { gate: found, ...MODES[found] };
  if (gate === 'heat-bridge') {
    throw new Refusal(
      'heat-bridge has no mode: all it ever writes are lookups, so there is nothing to activate or roll back',
    );
  }
  throw new Refusal(`expected a gate of ${alternatives(Object.keys(gateModes))}, got ${JSON.stringify(gate)}`);
}
