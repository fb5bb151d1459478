import { shapeProblem } from './declared-shape.ts';
import type { AnyHandler, ModeSpec, OutputStream } from './handler.ts';
import { type GateListener, servedThere } from './listener.ts';
import type { Lookup } from './lookup.ts';

const USES: readonly unknown[] = [
  'exits_softened',
  'budgets_compared',
  'permits_taken',
] satisfies AnyHandler['usedWhen'][];

/** What is wrong with what a handler declares of itself, in words; undefined where nothing is. */
export function declarationProblem(handler: AnyHandler): string | undefined {
  const { input, outputs = [], modes, stage, listeners = [], lookups = [] } = handler;
  if (stage !== undefined && !Number.isFinite(stage)) return `expected stage to be a number, got ${stage}`;
  if (!Array.isArray(outputs)) return `expected outputs to be a list, got ${typeof outputs}`;
  return (
    shapeProblem(handler) ??
    (input && wordsProblem('input', input.fields)) ??
    outputs.map((stream, at) => outputProblem(stream, outputs.slice(0, at))).find((problem) => problem !== undefined) ??
    (modes && modeProblem(modes)) ??
    listeners.map(listenerProblem).find((problem) => problem !== undefined) ??
    lookups.map((one) => lookupProblem(one, handler)).find((problem) => problem !== undefined) ??
    settingProblem(handler) ??
    faceProblem(handler)
  );
}

/** What can be set of a gate, and what its checks say sets their limit, are settings of its own. */
function settingProblem(handler: AnyHandler): string | undefined {
  const { checks = {}, settingNames } = handler;
  for (const list of ['policySettings', 'policyBeside'] as const) {
    const stranger = handler[list]?.find((name) => !settingNames.includes(name));
    if (stranger !== undefined) return `expected its ${list} to be among its settings, got ${stranger}`;
  }
  const odd = Object.entries(checks).find(
    ([, { setting }]) => setting !== undefined && !settingNames.includes(setting),
  );
  return odd && `expected the setting of the check ${odd[0]} to be one of its own, got ${odd[1].setting}`;
}

/** What is wrong between handlers: two read one stream as one group, want one port, or declare a stream that both write twice. */
export function togetherProblem(handlers: readonly AnyHandler[]): string | undefined {
  return sharedGroupProblem(handlers) ?? sharedPortProblem(handlers) ?? sharedStreamProblem(handlers);
}

/** What one of them is given, the other never sees. */
function sharedGroupProblem(handlers: readonly AnyHandler[]): string | undefined {
  const known = new Map<string, string>();
  for (const { name, on } of handlers) {
    if (on.kind !== 'stream') continue;
    const read = `${on.stream} in the group ${on.group}`;
    const before = known.get(read);
    if (before !== undefined) return `expected one handler to read ${read}, got ${before} and ${name}`;
    known.set(read, name);
  }
  return undefined;
}

/** A setting names one port, and no two listeners have one role or one port by default. */
function sharedPortProblem(handlers: readonly AnyHandler[]): string | undefined {
  const known = new Map<string, string>();
  for (const { name, listeners = [] } of handlers) {
    for (const { role, setting, port } of listeners) {
      for (const what of [`the listener ${role}`, `the setting ${setting}`, `the port ${port}`]) {
        const before = known.get(what);
        if (before !== undefined) return `expected ${what} once, got it by ${before} and by ${name}`;
        known.set(what, name);
      }
    }
  }
  return undefined;
}

/** It has one declaration, which they share. */
function sharedStreamProblem(handlers: readonly AnyHandler[]): string | undefined {
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

function lookupProblem(
  { key, kind, holds, keptFor }: Lookup,
  { settingNames }: Pick<AnyHandler, 'settingNames'>,
): string | undefined {
  if (!/^[^{}]+\{(?:plan_id|symbol)\}$/.test(String(key))) {
    return `expected a lookup by {plan_id} or {symbol}, got ${JSON.stringify(key)}`;
  }
  if (!['hash', 'string'].includes(kind)) return `expected ${key} to be a hash or a string, got ${kind}`;
  if (!settingNames.includes(keptFor)) return `expected a setting that says how long ${key} is kept, got ${keptFor}`;
  return typeof holds === 'string' && holds.trim() !== ''
    ? undefined
    : `expected a word for the lookup ${key}, got none`;
}

function listenerProblem({ role, setting, port, serves, sign }: GateListener): string | undefined {
  if (typeof role !== 'string' || role === '' || role === 'http') {
    return `expected a listener to have a role of its own, got ${JSON.stringify(role)}`;
  }
  if (!/^[A-Z][A-Z0-9_]*_PORT$/.test(String(setting))) {
    return `expected the setting of the listener ${role} to be a name that ends in _PORT, got ${JSON.stringify(setting)}`;
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    return `expected the listener ${role} to have a port from 1 to 65535, got ${port}`;
  }
  const odd = Array.isArray(serves) ? serves.find((one) => !servedThere.includes(one)) : serves;
  if (!Array.isArray(serves) || serves.length === 0 || odd !== undefined) {
    return `expected the listener ${role} to serve some of ${servedThere.join(', ')}, got ${JSON.stringify(odd ?? [])}`;
  }
  if (typeof sign?.path === 'string' && typeof sign.text === 'string' && sign.text !== '') return undefined;
  return `expected the listener ${role} to have a sign, got ${JSON.stringify(sign)}`;
}

function faceProblem({
  reasons = {},
  reading,
  joint,
  whatIf,
  usedWhen,
  decides,
  writesInto = [],
}: AnyHandler): string | undefined {
  if (reading !== undefined && typeof reading !== 'function') {
    return `expected reading to be a function, got ${typeof reading}`;
  }
  if (joint !== undefined && typeof joint !== 'function') return `expected joint to be a function, got ${typeof joint}`;
  if (decides !== undefined && decides !== false) return `expected decides to be false or left out, got ${decides}`;
  if (usedWhen !== undefined && !USES.includes(usedWhen)) {
    return `expected usedWhen to be one of ${USES.join(', ')}, got ${usedWhen}`;
  }
  if (!Array.isArray(writesInto) || writesInto.some((name) => typeof name !== 'string' || name === '')) {
    return `expected writesInto to be beginnings of names, got ${JSON.stringify(writesInto)}`;
  }
  return reasonProblem(reasons) ?? (whatIf && whatIfProblem(whatIf));
}

function whatIfProblem({ suppose, claims, silence, size }: NonNullable<AnyHandler['whatIf']>): string | undefined {
  if (silence !== undefined && (typeof silence !== 'string' || silence === '')) {
    return `expected whatIf.silence to be a reason, got ${JSON.stringify(silence)}`;
  }
  const optional = Object.entries({ suppose, claims }).filter(([, given]) => given !== undefined);
  const sized =
    size === undefined ? [] : (['isAsked', 'passes', 'priceUsd'] as const).map((part) => [`size.${part}`, size[part]]);
  const odd = [...optional, ...sized].find(([, given]) => typeof given !== 'function');
  return odd === undefined ? undefined : `expected whatIf.${odd[0]} to be a function, got ${typeof odd[1]}`;
}

function reasonProblem(reasons: Readonly<Record<string, unknown>>): string | undefined {
  const isSilent = (words: unknown) =>
    typeof words !== 'function' && !(typeof words === 'string' && words.trim() !== '');
  const [silent] = Object.entries(reasons).find(([, words]) => isSilent(words)) ?? [];
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
  const twice = values.find((mode, at) => values.indexOf(mode) < at);
  if (twice !== undefined) return `expected each mode once, got ${twice} twice`;
  const odd = silent.find((mode) => !values.includes(mode));
  if (odd !== undefined) return `expected its silent modes to be among ${values.join(', ')}, got ${odd}`;
  if (silent.includes(enforcing)) return `expected a mode that enforces, got ${enforcing}, which is silent`;
  const without = values.find((mode) => (words[mode] ?? '').trim() === '');
  return without === undefined ? undefined : `expected a word for the mode ${without}, got none`;
}
