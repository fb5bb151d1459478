import type { AnyHandler, ModeSpec, OutputStream } from './handler.ts';

/** What is wrong with what a handler declares of itself, in words; undefined where nothing is. */
export function declarationProblem({
  input,
  outputs = [],
  modes,
  stage,
  reasons = {},
}: AnyHandler): string | undefined {
  if (stage !== undefined && !Number.isFinite(stage)) return `expected stage to be a number, got ${stage}`;
  if (!Array.isArray(outputs)) return `expected outputs to be a list, got ${typeof outputs}`;
  return (
    (input && wordsProblem('input', input.fields)) ??
    outputs.map((stream, at) => outputProblem(stream, outputs.slice(0, at))).find((problem) => problem !== undefined) ??
    (modes && modeProblem(modes)) ??
    reasonProblem(reasons)
  );
}

/** What is wrong where two handlers declare a stream that they both write: it has one declaration, which they share. */
export function sharedStreamProblem(handlers: readonly AnyHandler[]): string | undefined {
  const known = new Map<string, { readonly by: string; readonly stream: OutputStream }>();
  for (const { name: by, outputs = [] } of handlers) {
    for (const stream of outputs) {
      const before = known.get(stream.name);
      if (before !== undefined && before.stream !== stream) {
        return `expected one declaration of the stream ${stream.name}, got one by ${before.by} and another by ${by}`;
      }
      known.set(stream.name, { by, stream });
    }
  }
  return undefined;
}

function reasonProblem(reasons: Readonly<Record<string, string>>): string | undefined {
  const [silent] = Object.entries(reasons).find(([, words]) => typeof words !== 'string' || words.trim() === '') ?? [];
  return silent === undefined ? undefined : `expected words for the reason ${silent}, got none`;
}

function outputProblem({ name, fields, keep }: OutputStream, before: readonly OutputStream[]): string | undefined {
  if (typeof name !== 'string' || name === '') return `expected an output to have a name, got ${JSON.stringify(name)}`;
  if (before.some((stream) => stream.name === name)) return `expected each output once, got ${name} twice`;
  if (keep !== undefined && !(Number.isInteger(keep) && keep > 0)) {
    return `expected ${name} to keep a whole number of entries, got ${keep}`;
  }
  return wordsProblem(name, fields);
}

function wordsProblem(stream: string, fields: unknown): string | undefined {
  if (typeof fields !== 'object' || fields === null)
    return `expected fields of ${stream} in words, got ${typeof fields}`;
  const [silent] = Object.entries(fields).find(([, words]) => typeof words !== 'string' || words.trim() === '') ?? [];
  return silent === undefined ? undefined : `expected a word for the field ${silent} of ${stream}, got none`;
}

function modeProblem({ values, initial, resting, enforcing, silent, words }: ModeSpec): string | undefined {
  for (const [what, mode] of Object.entries({ initial, resting, enforcing })) {
    if (!values.includes(mode)) return `expected its ${what} mode to be one of ${values.join(', ')}, got ${mode}`;
  }
  const odd = silent.find((mode) => !values.includes(mode));
  if (odd !== undefined) return `expected its silent modes to be among ${values.join(', ')}, got ${odd}`;
  if (silent.includes(enforcing)) return `expected a mode that enforces, got ${enforcing}, which is silent`;
  const without = values.find((mode) => (words[mode] ?? '').trim() === '');
  return without === undefined ? undefined : `expected a word for the mode ${without}, got none`;
}
