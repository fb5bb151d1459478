import { formatNumber } from './number.ts';

/** What JSON can carry; a member that is `undefined` is left out. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

/** JSON text whose numbers are plain decimals of at most 10 digits after the point (contract §0); one that is not finite is `null`. */
export function toJson(value: Json): string {
  if (typeof value === 'number') return Number.isFinite(value) ? formatNumber(value) : 'null';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(toJson).join(',')}]`;
  let members = '';
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member !== undefined) members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${toJson(member)}`;
  }
  return `{${members}}`;
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
