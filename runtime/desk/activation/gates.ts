import { judgesOf } from '../../../handlers/contract/faces.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { type ModalGate, modalGate } from '../../engine/policy/modal-gates.ts';
import type { LaneRef } from '../../engine/streams/lanes.ts';
import type { ActivationLimits } from '../../settings/activation-settings.ts';

/** The gates there are, and the lanes of those that run here. */
export interface Gates {
  readonly handlers: readonly AnyHandler[];
  readonly lanes: readonly LaneRef[];
  /** What an activation asks; the defaults where nothing is said. */
  readonly limits?: ActivationLimits;
}

/** A gate that can be activated: the mode in which it only shows what it would do, and the one an activation puts it into. */
export interface ActivatedGate extends ModalGate {
  readonly resting: string;
  readonly enforcing: string;
  /** The handler whose decisions are its word. */
  readonly judge: AnyHandler;
}

/** A gate that can be activated, with its modes; throws a `Refusal` for any other, which says why it has none. */
export function activatedGate(handlers: readonly AnyHandler[], name: string): ActivatedGate {
  const found = modalGate(handlers, name);
  const { resting, enforcing } = found.modes;
  const judge = judgesOf(handlers).find(({ gate }) => gate === name) ?? handlers.find(({ gate }) => gate === name);
  if (judge === undefined) throw new Error(`expected a handler of ${name}, got none`);
  return { ...found, resting, enforcing, judge };
}
