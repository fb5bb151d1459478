/** Settings by name, as the environment gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings whose empty value says something; every other empty one counts as not set. */
const MEANS_SOMETHING_EMPTY: ReadonlySet<string> = new Set(['P26_PROTECTIVE_REASONS']);
const TRAILING_COMMENT = /(?:\s#|^#\s).*$/s;

/** The environment of this process: the only place of the code that looks at it. */
export function processEnvironment(): Environment {
  return process.env;
}

/** The settings without trailing ` # comments` (contract §6), blanks around values, and values that are empty. */
export function cleanEnvironment(env: Environment): Readonly<Record<string, string>> {
  const clean: Record<string, string> = {};
  for (const [name, raw] of Object.entries(env)) {
    const value = (raw ?? '').replace(TRAILING_COMMENT, '').trim();
    if (value !== '' || (raw !== undefined && MEANS_SOMETHING_EMPTY.has(name))) clean[name] = value;
  }
  return clean;
}
