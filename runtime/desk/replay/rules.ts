import type { AnyHandler, Rules } from '../../../handlers/contract/handler.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import type { ReplayPolicy } from '../../../schemas/replay-policy.ts';
import { cleanEnvironment, type Environment } from '../../settings/environment.ts';
import { SettingsError } from '../../settings/load.ts';
import { nearestName } from '../../settings/nearest-name.ts';

/** A gate's handler with what its decisions are judged again by; without a mode each keeps the one it was made in. */
export interface ReplayRules {
  readonly handler: AnyHandler;
  readonly settings: Rules<unknown>['settings'];
  readonly mode: string | undefined;
}

/** Settings by name, as texts, that lie over those of the environment, by gate. */
export type Overlays = ReadonlyMap<string, Overrides>;

/**
 * What decisions are judged again by, by the name of their handler: the environment's settings, under those in force,
 * under the policy's. Throws a `SettingsError` that lists whatever of the policy cannot be used.
 */
export function replayRules(
  handlers: readonly AnyHandler[],
  environment: Environment,
  inForce: Overlays,
  policy: ReplayPolicy,
): ReadonlyMap<string, ReplayRules> {
  const judging = handlers.filter((handler) => handler.rejudge !== undefined);
  const problems = unknownGates(judging, policy);
  const rules = new Map<string, ReplayRules>();
  for (const handler of judging) {
    const changed = policy[handler.gate];
    const own = changed?.settings ?? {};
    problems.push(...unknownSettings(handler, own), ...unknownMode(handler, changed?.mode));
    const settings = { ...cleanEnvironment(environment), ...inForce.get(handler.gate), ...own };
    const parsed = handler.settings.safeParse(settings);
    if (parsed.success) rules.set(handler.name, { handler, settings: parsed.data, mode: changed?.mode });
    else {
      const issues = parsed.error.issues.map(({ path, message }) => `${[handler.gate, ...path].join(' ')}: ${message}`);
      problems.push(...issues);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems, []);
  for (const [name, carrier] of carriers(handlers, environment)) rules.set(name, carrier);
  return rules;
}

/** Handlers without limits whose decisions tell what became of others: a joint replay carries that on. */
export function carriers(
  handlers: readonly AnyHandler[],
  environment: Environment,
): readonly (readonly [string, ReplayRules])[] {
  return handlers.flatMap((handler) => {
    if (handler.rejudge !== undefined || handler.joint === undefined) return [];
    const parsed = handler.settings.safeParse(cleanEnvironment(environment));
    return parsed.success ? [[handler.name, { handler, settings: parsed.data, mode: undefined }] as const] : [];
  });
}

function unknownGates(judging: readonly AnyHandler[], policy: ReplayPolicy): string[] {
  const known = judging.map(({ gate }) => gate);
  return Object.keys(policy)
    .filter((gate) => !known.includes(gate))
    .map((gate) => `expected a gate of ${known.join(', ')}, got ${JSON.stringify(gate)}`);
}

function unknownSettings(handler: AnyHandler, settings: Readonly<Record<string, string>>): string[] {
  const modes = handler.modes?.settings ?? [];
  return Object.keys(settings).flatMap((name) => {
    if (modes.includes(name)) return [`${handler.gate} ${name}: expected the mode as "mode", got a setting`];
    if (handler.settingNames.includes(name)) return [];
    const nearest = nearestName(name, handler.settingNames);
    const meant = nearest === undefined ? '' : `: did you mean ${nearest}?`;
    return [`${handler.gate} ${name}: expected a setting of ${handler.gate}, got none of that name${meant}`];
  });
}

function unknownMode({ gate, modes }: AnyHandler, mode: string | undefined): string[] {
  if (mode === undefined || modes?.values.includes(mode) === true) return [];
  return [`${gate} mode: expected ${modes?.values.join(' or ') ?? 'none'}, got ${JSON.stringify(mode)}`];
}
