import { InvalidArgumentError } from 'commander';
import { REPLAY_POLICY_EXAMPLE, ReplayPolicy } from '../../../schemas/replay-policy.ts';
import { usageError } from './errors.ts';
import { jsonFile } from './files.ts';

/** A limit as it is given: `NAME=VALUE`. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
}

/** The limits of one gate, of a file that an option names. */
interface FiledLimits {
  readonly gate: string;
  readonly limits: readonly Assignment[];
}

/** What a policy file says; throws a usage error that names the option, for a file that is none. */
export async function policyFile(option: string, path: string): Promise<ReplayPolicy> {
  return await jsonFile(option, path, {
    schema: ReplayPolicy,
    expected: `expected JSON such as ${REPLAY_POLICY_EXAMPLE}`,
  });
}

/** The gate that is meant, and the limits of a file for it; throws a usage error where a file has others, or a mode. */
export async function limitsOfFile({
  gate,
  file,
}: {
  readonly gate?: string;
  readonly file?: string;
}): Promise<FiledLimits> {
  if (file === undefined) {
    if (gate === undefined) throw usageError('expected --gate GATE, or --file with the limits of one, got neither');
    return { gate, limits: [] };
  }
  const policy = await policyFile('--file', file);
  const [first, ...others] = Object.keys(policy);
  const named = gate ?? (others.length === 0 ? first : undefined);
  const own = named === undefined ? undefined : policy[named];
  if (named === undefined || own === undefined) {
    const has = Object.keys(policy).join(', ') || 'no gate';
    throw usageError(`--file ${file}: expected limits of ${gate ?? 'one gate, or --gate GATE'}, got those of ${has}`);
  }
  if (own.mode !== undefined) {
    throw usageError(`--file ${file}: expected limits alone, got a mode: portcullis mode ${named} ${own.mode} sets it`);
  }
  return { gate: named, limits: Object.entries(own.settings).map(([name, value]) => ({ name, value })) };
}

/** Adds one `NAME=VALUE` to those given before. */
export function assignments(text: string, before: readonly Assignment[]): Assignment[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`expected NAME=VALUE, got ${JSON.stringify(text)}`);
  return [...before, { name: text.slice(0, at).trim(), value: text.slice(at + 1).trim() }];
}
