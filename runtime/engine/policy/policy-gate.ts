import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import { alternatives, OFF } from '../../../schemas/setting.ts';
import { nearestName } from '../../settings/nearest-name.ts';
import { overlaid } from '../../settings/overlay.ts';
import { Refusal } from '../commit/operation.ts';

/** A gate whose limits a policy may set. */
export interface PolicyGate {
  readonly gate: string;
  /** Names of the settings that a policy may set, in the order in which they are shown. */
  readonly limits: readonly string[];
  /** Names of the settings that the limits must agree with, and that no policy may set. */
  readonly beside: readonly string[];
  /** All handlers of the gate that heed them; the first is the one that decides. */
  readonly handlers: readonly [AnyHandler, ...AnyHandler[]];
  /** The modes it may be in; none where it has no modes. */
  readonly modes: readonly string[];
}

/** Names of the gates whose limits a policy may set. */
export function policyGates(handlers: readonly AnyHandler[]): readonly string[] {
  return [...new Set(handlers.filter(({ policySettings }) => policySettings !== undefined).map(({ gate }) => gate))];
}

/** The gate of a name; throws a `Refusal` where it has no limits to set. */
export function policyGate(handlers: readonly AnyHandler[], gate: string): PolicyGate {
  const own = handlers.filter((handler) => handler.gate === gate && handler.policySettings !== undefined);
  const [decides, ...others] = [...own].sort((a, b) => Number(b.name === gate) - Number(a.name === gate));
  if (decides === undefined) {
    throw new Refusal(`expected a gate of ${alternatives(policyGates(handlers))}, got ${JSON.stringify(gate)}`);
  }
  const limits = [...new Set([decides, ...others].flatMap(({ policySettings }) => policySettings ?? []))];
  const beside = [...new Set(own.flatMap(({ policyBeside }) => policyBeside ?? []))];
  return { gate, limits, beside, handlers: [decides, ...others], modes: decides.modes?.values ?? [] };
}

/** What keeps these overrides from being in force on this environment, a line each; none when nothing does. */
export function policyProblems(about: PolicyGate, environment: Overrides, overrides: Overrides): string[] {
  const names = Object.keys(overrides).flatMap((name) => nameProblem(about, name) ?? []);
  if (names.length > 0) return names;
  const found = about.handlers.flatMap((handler) => {
    const result = overlaid(handler, environment, overrides);
    return 'problems' in result ? result.problems : [];
  });
  return [...new Set(found)];
}

/** Why a setting is none that a policy of the gate may set, or `undefined` when it is one. */
export function nameProblem({ gate, limits, handlers }: PolicyGate, name: string): string | undefined {
  if (limits.includes(name)) return undefined;
  if (handlers[0].modes?.settings.includes(name) === true) {
    return `${name}: expected a limit of ${gate}, got its mode: portcullis mode ${gate} … changes that`;
  }
  if (handlers.some(({ settingNames }) => settingNames.includes(name))) {
    return `${name}: expected a limit of ${gate}, got a setting that is no limit: it is read once, from the environment, when a worker starts`;
  }
  const nearest = nearestName(name, limits);
  const hint = nearest === undefined ? `it has ${alternatives(limits)}` : `did you mean ${nearest}?`;
  return `${name}: expected a limit of ${gate}, got an unknown name: ${hint}`;
}

/** The settings of the handler that decides, under these overrides; throws a `Refusal` for what it does not understand. */
export function settingsUnder(about: PolicyGate, environment: Overrides, overrides: Overrides): unknown {
  const result = overlaid(about.handlers[0], environment, overrides);
  if ('settings' in result) return result.settings;
  throw new Refusal(result.problems.join('\n'));
}

/** The values in force of all limits as text, by name: what overrides say, else the environment, else the default. */
export function valuesUnder(about: PolicyGate, environment: Overrides, overrides: Overrides): Record<string, string> {
  const parsed = settingsUnder(about, environment, overrides) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    about.limits.map((name) => [name, overrides[name] ?? environment[name] ?? shown(parsed[name])]),
  );
}

/** A default as it would be set: runs of words, which are kept with blanks around them, in one piece each; nothing is off. */
function shown(value: unknown): string {
  if (value === undefined) return OFF;
  if (!Array.isArray(value)) return String(value);
  return value.map((run) => String(run).trim().replaceAll(' ', '_')).join(',');
}
