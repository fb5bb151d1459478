import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { alternatives, quoted } from '../../schemas/setting.ts';

/** The mode a gate starts in, and whether a setting said so. */
export interface InitialMode {
  readonly value: string;
  readonly explicit: boolean;
}

/** The mode of each gate by its settings, else its initial one; what is wrong is added to `problems`. */
export function readModes(
  settings: Readonly<Record<string, string>>,
  handlers: readonly AnyHandler[],
  problems: string[],
): ReadonlyMap<string, InitialMode> {
  const modes = new Map<string, InitialMode>();
  for (const { gate, modes: spec } of handlers) {
    if (spec === undefined || modes.has(gate)) continue;
    const said = spec.settings.flatMap((name) => modeSaid(settings, name, spec.values, problems));
    const conflict = spec.conflict?.(settings[spec.settings[0] ?? ''] ?? '', settings);
    if (conflict !== undefined) problems.push(conflict);
    modes.set(gate, { value: said[0] ?? spec.initial, explicit: said.length > 0 });
  }
  return modes;
}

function modeSaid(
  settings: Readonly<Record<string, string>>,
  name: string,
  values: readonly string[],
  problems: string[],
): readonly string[] {
  const text = settings[name];
  if (text === undefined) return [];
  const mode = values.find((value) => value === text.toLowerCase());
  if (mode === undefined) problems.push(`${name}: expected ${alternatives(values)}, got ${quoted(text)}`);
  return mode === undefined ? [] : [mode];
}
