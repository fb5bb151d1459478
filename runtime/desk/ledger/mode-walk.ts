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

/** Follows what a ledger says of the modes of gates: what an entry says was in force before it, the entry before it put in force. */
export class ModeWalk {
  readonly #modes = new Map<string, { readonly mode: string; readonly seq: number }>();

  /** Why an entry does not go on from those before it; undefined where it does, or says nothing of modes. */
  take(fields: Fields, seq: number): string | undefined {
    const { action = '', gate = '', before = '', after = '' } = fields;
    const change = changeOf(action, before, after);
    if (change === undefined || gate === '') return undefined;
    const known = this.#modes.get(gate);
    this.#modes.set(gate, { mode: change.after, seq });
    if (known === undefined || known.mode === change.before) return undefined;
    const [was, is] = [known.mode || 'no mode', change.before || 'no mode'];
    return `says that ${gate} was in ${is} before it, and entry ${known.seq} put it into ${was}: between them it was changed without an entry`;
  }

  /** What the ledger says of a gate's mode now; undefined where it says nothing. */
  modes(): ReadonlyMap<string, { readonly mode: string; readonly seq: number }> {
    return this.#modes;
  }
}

function changeOf(action: string, before: string, after: string): { before: string; after: string } | undefined {
  if (MODE_ACTIONS.has(action)) return { before, after: after.split(' ', 1)[0] ?? '' };
  if (!POLICY_ACTIONS.has(action)) return undefined;
  const [was, is] = [modeIn(before), modeIn(after)];
  if (action === 'policy_vanished') return was === undefined ? undefined : { before: was, after: is ?? '' };
  return was === undefined || is === undefined ? undefined : { before: was, after: is };
}

function modeIn(text: string): string | undefined {
  return /^mode=(\S*)/.exec(text)?.[1];
}
