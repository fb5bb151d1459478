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
    modes.set(gate, { value: said[0] ?? spec.initial, explicit: said.length > 0 });
  }
  const conflict = dryRunConflict(settings);
  if (conflict !== undefined) problems.push(conflict);
  return modes;
}

/** Why `GOV_MODE=dry_run` cannot stand beside this `APPLY_MODE`, or `undefined` when it can (contract §4). */
export function dryRunConflict(settings: Readonly<Record<string, string | undefined>>): string | undefined {
  const governor = settings.GOV_MODE?.trim().toLowerCase();
  const apply = settings.APPLY_MODE?.trim().toLowerCase();
  if (governor !== 'dry_run' || apply === undefined || apply === '' || apply === 'dry_run') return undefined;
  return (
    `GOV_MODE: expected APPLY_MODE to be dry_run too, got APPLY_MODE=${apply}: the governor would only say what it ` +
    'would have done while plans are applied. Set both to dry_run, or GOV_MODE to what APPLY_MODE says'
  );
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
