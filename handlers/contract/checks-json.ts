import { toJson } from '../../schemas/json.ts';
import type { Check } from './effects.ts';

const written = new WeakMap<readonly Check[], string>();

/** The checks of a judgment as JSON text (contract §0); written once for each list, which must not change. */
export function checksJson(checks: readonly Check[]): string {
  let json = written.get(checks);
  if (json === undefined) {
    json = `[${checks.map(checkJson).join(',')}]`;
    written.set(checks, json);
  }
  return json;
}

/** The check of each gate that was written last: from one plan to the next most say the same. */
const last = new Map<string, { readonly check: Check; readonly json: string }>();

function checkJson(check: Check): string {
  const { gate, value, limit, headroom, verdict } = check;
  const before = last.get(gate);
  if (before !== undefined && isSame(before.check, check)) return before.json;
  const figures = `"value":${figureJson(value)},"limit":${figureJson(limit)},"headroom":${figureJson(headroom)}`;
  const json = `${beginning(gate)}${figures},"verdict":"${verdict}"}`;
  last.set(gate, { check, json });
  return json;
}

function isSame(one: Check, other: Check): boolean {
  if (one.verdict !== other.verdict || !Object.is(one.value, other.value)) return false;
  return Object.is(one.limit, other.limit) && Object.is(one.headroom, other.headroom);
}

const beginnings = new Map<string, string>();

/** The gates of a product are few, and every decision names them. */
function beginning(gate: string): string {
  let text = beginnings.get(gate);
  if (text === undefined) {
    text = `{"gate":${toJson(gate)},`;
    beginnings.set(gate, text);
  }
  return text;
}

/** Most figures are absent. */
function figureJson(value: Check['value']): string {
  return value === null ? 'null' : toJson(value);
}
