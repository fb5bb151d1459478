import type { AnyHandler } from '../../handlers/contract/handler.ts';
import type { Overrides } from '../../schemas/policy.ts';

/** Settings that a handler understands, or what is wrong with them: a line each, naming the setting. */
export type Overlaid = { readonly settings: unknown } | { readonly problems: readonly string[] };

/**
 * The settings of a handler where `overrides` stand before the environment's texts. A name that is none of the
 * handler's policy settings, and whatever its own schema refuses, relations between settings too, is a problem.
 */
export function overlaid(handler: AnyHandler, environment: Overrides, overrides: Overrides): Overlaid {
  const limits = handler.policySettings ?? [];
  const unknown = Object.keys(overrides).filter((name) => !limits.includes(name));
  if (unknown.length > 0) {
    return { problems: unknown.map((name) => `${name}: expected one of ${limits.join(', ') || 'no settings'}`) };
  }
  const result = handler.settings.safeParse({ ...environment, ...overrides });
  if (result.success) return { settings: result.data };
  return {
    problems: result.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`,
    ),
  };
}
