import type { Fields } from '../../../schemas/wire.ts';
import { distance, withMembers } from './values.ts';

const EXAMPLES = 5;

/** How two sets of entries are compared. */
export interface CompareRules {
  /** Fields whose values together tell which entry answers which; several entries of one key are matched in their order. */
  readonly by: readonly string[];
  /** Fields that are not compared: by their whole names, or by the last part of a member's (`timestamp` of `value.timestamp`). */
  readonly ignore: readonly string[];
  /** Fields that differ by design: counted apart, and no difference of their entry. */
  readonly byDesign: readonly string[];
  /** Numbers closer than this are the same; relative to the larger, but never to less than 1. */
  readonly tolerance: number;
}

/** A field that differs: in how many entries, and where most. `undefined` is a field that one side has not. */
export interface FieldDifference {
  readonly field: string;
  readonly count: number;
  readonly worst: { readonly key: string; readonly here: string | undefined; readonly there: string | undefined };
}

/** What two sets of entries have in common, and what not. */
export interface Comparison {
  readonly same: number;
  readonly different: number;
  readonly only_here: { readonly count: number; readonly examples: readonly string[] };
  readonly only_there: { readonly count: number; readonly examples: readonly string[] };
  /** Most frequent first. */
  readonly fields: readonly FieldDifference[];
  /** Those that differ by design, which makes no entry differ, in the same way. */
  readonly by_design: readonly FieldDifference[];
}

/** Compares entries as they come, a page of either side at a time; keeps those that are not matched yet. */
export class Comparing {
  readonly #rules: CompareRules;
  readonly #ignored: ReadonlySet<string>;
  readonly #byDesign: ReadonlySet<string>;
  /** Waiting for the other side, oldest first, by key. */
  readonly #waiting = { here: new Map<string, Fields[]>(), there: new Map<string, Fields[]>() };
  readonly #fields = new Map<string, FieldDifference & { readonly apart: number }>();
  #same = 0;
  #different = 0;

  constructor(rules: CompareRules) {
    this.#rules = rules;
    this.#ignored = new Set([...rules.ignore, ...rules.by]);
    this.#byDesign = new Set(rules.byDesign);
  }

  /** Takes an entry of one side; its key is said where the fields do not tell it. */
  add(side: 'here' | 'there', entry: Fields, key?: string): void {
    const fields = withMembers(entry);
    const name = key ?? this.#rules.by.map((field) => fields[field] ?? '').join(' ');
    const other = side === 'here' ? 'there' : 'here';
    const queue = this.#waiting[other].get(name);
    const match = queue?.shift();
    if (queue?.length === 0) this.#waiting[other].delete(name);
    if (match === undefined) {
      const own = this.#waiting[side].get(name);
      if (own === undefined) this.#waiting[side].set(name, [fields]);
      else own.push(fields);
    } else if (side === 'here') this.#compare(name, fields, match);
    else this.#compare(name, match, fields);
  }

  /** What came of all that was added. */
  result(): Comparison {
    return {
      same: this.#same,
      different: this.#different,
      only_here: leftOf(this.#waiting.here),
      only_there: leftOf(this.#waiting.there),
      fields: this.#differences((field) => !isNamed(this.#byDesign, field)),
      by_design: this.#differences((field) => isNamed(this.#byDesign, field)),
    };
  }

  #differences(isMeant: (field: string) => boolean): FieldDifference[] {
    return [...this.#fields.values()]
      .filter(({ field }) => isMeant(field))
      .map(({ field, count, worst }) => ({ field, count, worst }))
      .sort((a, b) => b.count - a.count || a.field.localeCompare(b.field));
  }

  #compare(key: string, here: Fields, there: Fields): void {
    let isSame = true;
    for (const field of new Set([...Object.keys(here), ...Object.keys(there)])) {
      if (isNamed(this.#ignored, field)) continue;
      const apart = distance(here[field], there[field], this.#rules.tolerance);
      if (apart === 0) continue;
      isSame &&= isNamed(this.#byDesign, field);
      this.#note(field, apart, { key, here: here[field], there: there[field] });
    }
    if (isSame) this.#same += 1;
    else this.#different += 1;
  }

  #note(field: string, apart: number, example: FieldDifference['worst']): void {
    const before = this.#fields.get(field);
    const isWorse = before === undefined || apart > before.apart;
    const { worst, apart: most } = isWorse ? { worst: example, apart } : before;
    this.#fields.set(field, { field, count: (before?.count ?? 0) + 1, worst, apart: most });
  }
}

/** Whether a field is among names, by its whole name or by the last part of a member's. */
function isNamed(names: ReadonlySet<string>, field: string): boolean {
  return names.has(field) || names.has(field.slice(field.lastIndexOf('.') + 1));
}

/** Whether nothing differs and nothing is on one side alone. */
export function isAgreement({ different, only_here: here, only_there: there }: Comparison): boolean {
  return different + here.count + there.count === 0;
}

function leftOf(waiting: ReadonlyMap<string, readonly Fields[]>): Comparison['only_here'] {
  const count = [...waiting.values()].reduce((sum, { length }) => sum + length, 0);
  return { count, examples: [...waiting.keys()].slice(0, EXAMPLES) };
}
