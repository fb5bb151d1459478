import { heatDecisionFields } from '../../../schemas/harvest.ts';
import { compareStreamIds } from '../../../schemas/time.ts';
import type { Entry, Finding, Witness } from './witness.ts';

type Lookup = Readonly<Record<string, string>> | undefined;

/** The lookups are those of the last decision of each plan and symbol that was no repeat. */
export function bridgeFindings(witness: Witness): readonly Finding[] {
  const source = witness.sources.find(({ handler }) => handler === 'heat-bridge');
  if (source === undefined || witness.deleted.has(source.stream)) return [];
  const dead = new Set(source.deadLetters.map(({ fields }) => fields.dlq_id));
  const entries = source.entries.filter(({ id }) => !dead.has(id));
  const written = entries.filter((entry) => isOf(entry, witness.lookups.byPlan.get(entry.fields.plan_id ?? '')));
  return [...planFindings(entries, written), ...symbolFindings(entries, written, witness)];
}

/** Whether a lookup holds exactly the 13 fields of an entry. */
function isOf({ fields }: Entry, lookup: Lookup): boolean {
  return lookup !== undefined && heatDecisionFields.every((name) => lookup[name] === fields[name]);
}

function planFindings(entries: readonly Entry[], written: readonly Entry[]): readonly Finding[] {
  const found = new Set(written.map(({ fields }) => fields.plan_id));
  const missing = new Set(entries.map(({ fields }) => fields.plan_id).filter((plan) => !found.has(plan)));
  return [...missing].map((plan) => `heat-bridge: no lookup of plan ${plan} that equals a decision of it`);
}

/** Of a plan that was sent twice either may have been the first to be committed; its lookup tells which, unless they are alike. */
function symbolFindings(
  entries: readonly Entry[],
  written: readonly Entry[],
  { lookups }: Witness,
): readonly Finding[] {
  const found: Finding[] = [];
  for (const symbol of new Set(entries.map(({ fields }) => fields.symbol ?? ''))) {
    const own = written.filter(({ fields }) => fields.symbol === symbol).toSorted(newestFirst);
    const alike = (entry: Entry) => own.filter(({ fields }) => fields.plan_id === entry.fields.plan_id).length > 1;
    const certain = own.findIndex((entry) => !alike(entry));
    const allowed = certain < 0 ? own : own.slice(0, certain + 1);
    const latest = lookups.latest.get(symbol);
    const equal = allowed.some(
      (entry) =>
        isOf(entry, latest) &&
        latest?.last_plan_id === entry.fields.plan_id &&
        latest?.last_plan_id === lookups.latestPlan.get(symbol),
    );
    if (own.length > 0 && !equal) found.push(`heat-bridge: the lookup of ${symbol} is not its last decision`);
  }
  return found;
}

function newestFirst(a: Entry, b: Entry): number {
  return compareStreamIds(b.id, a.id);
}
