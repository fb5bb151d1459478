import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { type ModalGate, modalGate } from '../../runtime/engine/policy/modal-gates.ts';
import type { EnvironmentMode } from '../../runtime/engine/policy/modes.ts';

const handlers = await loadHandlers();

/** A gate of ours that has modes. */
export function modal(name: string): ModalGate {
  return modalGate(handlers, name);
}

/** The same with what an environment says of its mode. */
export function saidOf(name: string, said: EnvironmentMode): ModalGate & { readonly said: EnvironmentMode } {
  return { ...modal(name), said };
}
