import type { Fields } from '../../../schemas/wire.ts';

/** Entries that put a gate into the mode of their `after`. */
const MODE_ACTIONS = new Set(['mode', 'activate', 'activation_rolled_back']);
/** Entries whose `before` and `after` are a mode and limits in words: `mode=shadow {}`. */
const POLICY_ACTIONS = new Set([
  'policy_set',
  'policy_rollback',
  'policy_environment',
  'policy_foreign',
  'policy_vanished',
]);

/** What an entry put in force. */
interface InForce {
  readonly value: string;
  readonly seq: number;
}

/** What the ledger says of the policy of a gate: its mode, and, of entries that say them, version and limits. */
export interface PolicyOf {
  readonly mode: InForce | undefined;
  readonly version: InForce | undefined;
  /** SHA-1 of their JSON text. */
  readonly limits: InForce | undefined;
}

const NOTHING: PolicyOf = { mode: undefined, version: undefined, limits: undefined };

/**
 * Follows what a ledger says of the policies of gates: what an entry says was in force before it, the entry before it put
 * in force. A rehearsal gives a policy another version without an entry: `rehearsed` says which versions of a gate are
 * of that kind.
 */
export class PolicyWalk {
  readonly #rehearsed: (gate: string, version: string) => boolean;
  readonly #policies = new Map<string, PolicyOf>();

  constructor(rehearsed: (gate: string, version: string) => boolean) {
    this.#rehearsed = rehearsed;
  }

  /** Why an entry does not go on from those before it; undefined where it does, or says nothing of policies. */
  take(fields: Fields, seq: number): string | undefined {
    const { action = '', gate = '', before = '', after = '' } = fields;
    if (gate === '' || !(MODE_ACTIONS.has(action) || POLICY_ACTIONS.has(action))) return undefined;
    const known = this.#policies.get(gate) ?? NOTHING;
    const mode = changeOf(action, before, after);
    const { version, version_before, limits, limits_before } = fields;
    const put = (value: string | undefined) => (value === undefined ? undefined : { value, seq });
    this.#policies.set(gate, {
      mode: mode === undefined ? known.mode : put(mode.after),
      version: put(version),
      limits: put(limits),
    });
    const isRehearsed = version_before !== undefined && this.#rehearsed(gate, version_before);
    return (
      problemOf(gate, 'in', known.mode, mode?.before) ??
      problemOf(gate, 'with limits', known.limits, limits_before) ??
      (isRehearsed ? undefined : problemOf(gate, 'at version', known.version, version_before))
    );
  }

  /** What the ledger says of each gate now. */
  policies(): ReadonlyMap<string, PolicyOf> {
    return this.#policies;
  }
}

function problemOf(gate: string, what: string, known: InForce | undefined, before: string | undefined) {
  if (known === undefined || before === undefined || known.value === before) return undefined;
  const [was, is] = [known.value || 'no mode', before || 'no mode'];
  return `says that ${gate} was ${what} ${is} before it, and entry ${known.seq} put it ${what === 'in' ? 'into' : what} ${was}: between them it was changed without an entry`;
}

function changeOf(action: string, before: string, after: string): { before: string; after: string } | undefined {
  if (MODE_ACTIONS.has(action)) return { before, after: after.split(' ', 1)[0] ?? '' };
  const [was, is] = [modeIn(before), modeIn(after)];
  if (action === 'policy_vanished') return was === undefined ? undefined : { before: was, after: is ?? '' };
  return was === undefined || is === undefined ? undefined : { before: was, after: is };
}

function modeIn(text: string): string | undefined {
  return /^mode=(\S*)/.exec(text)?.[1];
}
