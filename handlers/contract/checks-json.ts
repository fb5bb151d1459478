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

function checkJson({ gate, value, limit, headroom, verdict }: Check): string {
  const figures = `"value":${figureJson(value)},"limit":${figureJson(limit)},"headroom":${figureJson(headroom)}`;
  return `${beginning(gate)}${figures},"verdict":"${verdict}"}`;
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
