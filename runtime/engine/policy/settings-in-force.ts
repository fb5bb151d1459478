import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { candidateOf, type Overrides, overridesOf } from '../../../schemas/policy.ts';
import { overlaid } from '../../settings/overlay.ts';
import type { Candidate } from './candidate.ts';

/** What `SettingsInForce` works with. */
export interface InForceDeps {
  readonly handler: AnyHandler;
  /** The environment's texts, and the handler's settings parsed from them. */
  readonly environment: Overrides;
  readonly settings: unknown;
  /** Told why a stored policy cannot be used. */
  readonly warn: (problem: string) => void;
  /** Told of settings that are not used any more. */
  readonly release: (settings: unknown) => void;
}

/** What the settings of all handlers of a portfolio have in common. */
type CommonDeps = Omit<InForceDeps, 'handler' | 'settings'> & {
  /** A handler's settings as the environment has them, by its name. */
  readonly settingsOf: (handler: string) => unknown;
};

/** The settings in force of any handler, whether it runs here or is only looked at. */
export class HandlersInForce {
  readonly #common: CommonDeps;
  readonly #known = new Map<string, SettingsInForce>();

  constructor(common: CommonDeps) {
    this.#common = common;
  }

  /** Those of a handler: the same object each time. */
  of(handler: AnyHandler): SettingsInForce {
    const { settingsOf, ...common } = this.#common;
    const inForce =
      this.#known.get(handler.name) ?? new SettingsInForce({ ...common, handler, settings: settingsOf(handler.name) });
    this.#known.set(handler.name, inForce);
    return inForce;
  }
}

/** The settings of one handler under the policies of its gate: parsed once for each text, the same object until it changes. */
export class SettingsInForce {
  readonly #deps: InForceDeps;
  #text: string | null = null;
  #settings: unknown;
  #candidateText: string | null = null;
  #candidate: Candidate | undefined;

  constructor(deps: InForceDeps) {
    this.#deps = deps;
    this.#settings = deps.settings;
  }

  /** The settings under a policy's JSON text; those of the environment without one, and where it cannot be used. */
  of(text: string | null): unknown {
    if (text === this.#text) return this.#settings;
    const before = this.#settings;
    this.#text = text;
    this.#settings = this.#policy(text) ?? this.#deps.settings;
    this.#release(before, this.#settings);
    return this.#settings;
  }

  /** The candidate of a JSON text, for a handler whose decisions can be compared or that heeds it; undefined where it cannot be used. */
  candidate(text: string | null): Candidate | undefined {
    if (text === this.#candidateText) return this.#candidate;
    const before = this.#candidate;
    this.#candidateText = text;
    this.#candidate = text === null ? undefined : this.#candidateOf(text);
    if (before !== undefined) this.#release(before.settings, this.#candidate?.settings);
    return this.#candidate;
  }

  #policy(text: string | null): unknown {
    const overrides = overridesOf(text);
    const settings = this.#under(overrides);
    if ('settings' in settings) return settings.settings;
    this.#warn("policy not used, the environment's settings are in force", settings.problems);
    return undefined;
  }

  #candidateOf(text: string): Candidate | undefined {
    const { handler } = this.#deps;
    if (handler.rejudge === undefined && handler.heedsCandidate !== true) return undefined;
    const candidate = candidateOf(text);
    const found = this.#under(candidate?.settings);
    const mode = candidate?.mode;
    const problems = [
      ...('problems' in found ? found.problems : []),
      ...(mode !== undefined && handler.modes?.values.includes(mode) !== true ? [`no mode ${mode}`] : []),
    ];
    if (candidate === undefined || 'problems' in found || problems.length > 0) {
      if (handler.rejudge !== undefined) this.#warn('candidate not judged', problems);
      return undefined;
    }
    return { version: candidate.version, settings: found.settings, ...(mode !== undefined && { mode }) };
  }

  #under(overrides: Overrides | undefined): ReturnType<typeof overlaid> {
    const { handler, environment, settings } = this.#deps;
    if (overrides === undefined) return { problems: ['expected a JSON object of setting names and texts'] };
    const none = handler.policySettings === undefined || Object.keys(overrides).length === 0;
    return none ? { settings } : overlaid(handler, environment, overrides);
  }

  #warn(what: string, problems: readonly string[]): void {
    this.#deps.warn(`${this.#deps.handler.gate}: ${what}: ${problems.join('; ')}`);
  }

  #release(before: unknown, now: unknown): void {
    if (before !== this.#deps.settings && before !== now) this.#deps.release(before);
  }
}
