import type { AnyHandler } from '../../handlers/common/handler.ts';
import { type Overrides, overridesOf } from '../../schemas/policy.ts';
import { overlaid } from '../settings/overlay.ts';

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

/** The settings of one handler under the policies of its gate: parsed once for each text, the same object until it changes. */
export class SettingsInForce {
  readonly #deps: InForceDeps;
  #text: string | null = null;
  #settings: unknown;

  constructor(deps: InForceDeps) {
    this.#deps = deps;
    this.#settings = deps.settings;
  }

  /** The settings under a policy's JSON text; those of the environment without one, and where it cannot be used. */
  of(text: string | null): unknown {
    if (text !== this.#text) this.#change(text);
    return this.#settings;
  }

  #change(text: string | null): void {
    const { settings, release } = this.#deps;
    const before = this.#settings;
    this.#settings = this.#parsed(text);
    this.#text = text;
    if (before !== settings && before !== this.#settings) release(before);
  }

  #parsed(text: string | null): unknown {
    const { handler, environment, settings, warn } = this.#deps;
    const overrides = overridesOf(text);
    if (overrides !== undefined && Object.keys(overrides).length === 0) return settings;
    if (handler.policySettings === undefined) return settings;
    const found =
      overrides === undefined
        ? { problems: ['expected a JSON object of setting names and texts'] }
        : overlaid(handler, environment, overrides);
    if ('settings' in found) return found.settings;
    warn(`policy of ${handler.gate} not used, the environment's settings are in force: ${found.problems.join('; ')}`);
    return settings;
  }
}
