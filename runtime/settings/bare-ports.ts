import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { listenersOf } from './ports.ts';

/** Puts the originals' bare port names under their names here when `GATES` names the one gate they belonged to; else warns (contract §6). */
export function readBarePorts(
  settings: Readonly<Record<string, string>>,
  gates: readonly string[],
  { handlers, warnings }: { readonly handlers: readonly AnyHandler[]; readonly warnings: string[] },
): Readonly<Record<string, string>> {
  const read: Record<string, string> = { ...settings };
  for (const { bare, gate = '', setting: name } of listenersOf(handlers)) {
    const value = bare === undefined ? undefined : settings[bare];
    if (value === undefined) continue;
    const isItsGate = gates.length === 1 && gates[0] === gate;
    if (isItsGate && settings[name] === undefined) read[name] = value;
    else if (isItsGate) warnings.push(`${bare}=${value} is ignored: ${name} is set too`);
    else warnings.push(`${bare}=${value} is ignored: it is understood only with GATES=${gate}; set ${name} instead`);
  }
  return read;
}
