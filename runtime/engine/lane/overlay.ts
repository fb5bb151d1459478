import { type Effect, wholeText } from '../../../handlers/contract/effects.ts';
import type { Scored } from '../../../handlers/contract/reads.ts';
import { formatNumber } from '../../../schemas/number.ts';
import { fieldsOf } from '../../../schemas/wire.ts';

/** A key as a batch read it. */
export type Raw =
  | { readonly kind: 'hash'; readonly fields: Readonly<Record<string, string>> | null; readonly wrongType: boolean }
  | { readonly kind: 'text'; readonly text: string | null; readonly wrongType: boolean }
  | { readonly kind: 'scores'; readonly members: readonly Scored[] | null };

type Fields = Readonly<Record<string, string>>;

/**
 * A key as it will read once the effect on it is committed. `nowMs` is when it was read, Unix ms. A time that counts
 * from the commit is the one that was read, where the commit had come before; else it comes after, so it is `nowMs` at
 * the earliest.
 */
export function overlaid(
  raw: Raw,
  effect: Exclude<Effect, { do: 'emit' | 'later' | 'take' | 'push' }>,
  nowMs: number,
): Raw {
  switch (effect.do) {
    case 'set':
      if (raw.kind !== 'text') return raw;
      return { kind: 'text', text: textAfter(raw.text, effect, nowMs), wrongType: false };
    case 'del':
      return emptied(raw);
    case 'hset':
      if (raw.kind !== 'hash') return raw;
      return {
        kind: 'hash',
        fields: merged(effect.replace === true ? null : raw.fields, effect.fields),
        wrongType: false,
      };
    case 'hincr':
      return raw.kind === 'hash' ? { ...raw, fields: increased(raw.fields, effect.field, effect.by) } : raw;
    case 'hdel':
      return raw.kind === 'hash' ? { ...raw, fields: without(raw.fields, effect.fields) } : raw;
    case 'zadd':
      if (raw.kind !== 'scores') return raw;
      if (effect.fromCommit === true && raw.members?.some(({ member }) => member === effect.member) === true)
        return raw;
      return withMembers(raw, (member) => member !== effect.member, {
        member: effect.member,
        score: asWritten(effect.score),
      });
    case 'zrem':
      return withMembers(raw, (member) => !effect.members.includes(member));
    case 'ztrim':
      if (raw.kind !== 'scores' || raw.members === null) return raw;
      return { kind: 'scores', members: raw.members.filter(({ score }) => score >= asWritten(effect.belowScore)) };
  }
}

function textAfter(
  before: string | null,
  { value, fromCommit }: Extract<Effect, { do: 'set' }>,
  nowMs: number,
): string {
  const text = wholeText(value);
  if (fromCommit !== true) return text;
  return before !== null && Number(before) >= Number(text) ? before : formatNumber(nowMs / 1000);
}

function emptied(raw: Raw): Raw {
  if (raw.kind === 'hash') return { kind: 'hash', fields: null, wrongType: false };
  return raw.kind === 'text' ? { kind: 'text', text: null, wrongType: false } : { kind: 'scores', members: [] };
}

function merged(fields: Fields | null, more: Fields): Fields {
  return Object.assign(Object.create(null), fields ?? {}, more) as Fields;
}

function increased(fields: Fields | null, name: string, by: number): Fields | null {
  const before = fields?.[name] ?? '0';
  return /^(?:0|-?[1-9]\d{0,14})$/.test(before)
    ? merged(fields, { [name]: formatNumber(Number(before) + by) })
    : fields;
}

function without(fields: Fields | null, names: readonly string[]): Fields | null {
  if (fields === null) return null;
  const left = Object.entries(fields).filter(([name]) => !names.includes(name));
  return left.length === 0 ? null : fieldsOf(left.flat());
}

function withMembers(raw: Raw, keep: (member: string) => boolean, added?: Scored): Raw {
  if (raw.kind !== 'scores' || raw.members === null) return raw;
  const members = raw.members.filter((scoredMember) => keep(scoredMember.member));
  if (added !== undefined) members.push(added);
  return { kind: 'scores', members: members.sort(inOrder) };
}

/** Redis's own order of a sorted set: by score, then by member. */
function inOrder(a: Scored, b: Scored): number {
  if (a.score !== b.score) return a.score - b.score;
  return a.member < b.member ? -1 : 1;
}

function asWritten(score: number): number {
  return Number(formatNumber(score));
}
