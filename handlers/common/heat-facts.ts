import { toJson } from '../../schemas/json.ts';
import type { PricedPosition } from '../../schemas/position-risk.ts';

const written = new WeakMap<Readonly<PricedPosition>, string>();

/** The facts of the decision log: the totals, a JSON object, with the largest contributions and what all others add, US dollars. */
export function factsJson(totals: string, largest: readonly Readonly<PricedPosition>[], remainderUsd: number): string {
  const listed = largest.map(contributionJson).join(',');
  return `${totals.slice(0, -1)},"largest":[${listed}],"remainder_usd":${toJson(remainderUsd)}}`;
}

/** Written once for each contribution: from one change of the book to the next nearly all of the largest stay. */
function contributionJson(contribution: Readonly<PricedPosition>): string {
  let json = written.get(contribution);
  if (json === undefined) {
    json = toJson({ ...contribution });
    written.set(contribution, json);
  }
  return json;
}
