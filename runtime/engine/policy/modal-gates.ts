import type { AnyHandler, ModeSpec } from '../../../handlers/contract/handler.ts';
import { inOrder } from '../../../handlers/contract/streams.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import { Refusal } from '../commit/operation.ts';

/** A gate that has modes, with what it declares of them. */
export interface ModalGate {
  readonly gate: string;
  readonly modes: ModeSpec;
}

/** The gates of these handlers that have modes, in the order of lists. */
export function modalGates(handlers: readonly AnyHandler[]): readonly ModalGate[] {
  const declared = inOrder(handlers).flatMap(({ gate, modes }) => (modes === undefined ? [] : [{ gate, modes }]));
  return declared.filter(({ gate }, at) => declared.findIndex((one) => one.gate === gate) === at);
}

/** The gate of a name; throws a `Refusal` where it has no modes. */
export function modalGate(handlers: readonly AnyHandler[], name: string): ModalGate {
  const gates = modalGates(handlers);
  const found = gates.find(({ gate }) => gate === name);
  if (found !== undefined) return found;
  if (handlers.some(({ gate }) => gate === name)) {
    const why = whyWithoutModes(handlers, name) ?? 'it declares none';
    throw new Refusal(`${name} has no mode: ${why}, so there is nothing to activate or roll back`);
  }
  throw new Refusal(`expected a gate of ${alternatives(gates.map(({ gate }) => gate))}, got ${quoted(name)}`);
}

/** What a gate without modes does in every mode of the others, as the end of a sentence; undefined where it does not say. */
export function whyWithoutModes(handlers: readonly AnyHandler[], name: string): string | undefined {
  return handlers.flatMap(({ gate, withoutModes }) => (gate === name ? (withoutModes ?? []) : []))[0];
}
