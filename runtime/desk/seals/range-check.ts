import type { Seal } from './seal.ts';

interface Unknown {
  readonly line: number;
  readonly id: string;
  /** Place in the range where it stands. */
  readonly at: number;
}

/** Holds the lines of one sealed range to its leaves, and names each decision that is not as it was. */
export class RangeCheck {
  readonly seal: Seal;
  /** `id hash` of each decision, in order. */
  readonly #leaves: readonly string[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #seen = new Set<number>();
  readonly #unknown: Unknown[] = [];
  /** Problems of lines, as they come. */
  readonly #problems: string[] = [];
  #next = 0;
  /** Lines in a row that are none of the leaves. */
  #strange = 0;

  constructor(seal: Seal, leaves: readonly string[]) {
    this.seal = seal;
    this.#leaves = leaves;
    this.#places = new Map(leaves.map((leaf, at) => [hashOf(leaf), at]));
  }

  /** Whether the last decision of the range was there: what follows is none of it. */
  get isEnded(): boolean {
    return this.#seen.has(this.#leaves.length - 1);
  }

  /** Takes the decision of a line: its id and its leaf, hexadecimal. */
  take(line: number, id: string, leaf: string): void {
    const place = this.#places.get(leaf);
    if (place === undefined) {
      this.#unknown.push({ line, id, at: this.#next + this.#strange });
      this.#strange += 1;
      return;
    }
    this.#strange = 0;
    if (this.#seen.has(place)) this.#problems.push(`line ${line}: decision ${id} is there twice: it was added`);
    else if (place < this.#next) this.#problems.push(`line ${line}: decision ${id} is out of order`);
    this.#seen.add(place);
    this.#next = Math.max(this.#next, place + 1);
  }

  /** What is wrong with the range, in words. */
  problems(): readonly string[] {
    const missing = this.#leaves.flatMap((leaf, at) => (this.#seen.has(at) ? [] : [{ id: idOf(leaf), at }]));
    const changed = new Set<Unknown>();
    const gone: string[] = [];
    for (const { id, at } of missing) {
      const other = this.#unknown.find((one) => !changed.has(one) && (one.id === id || one.at === at));
      if (other === undefined) gone.push(id);
      else changed.add(other);
    }
    const { seal, count } = this.seal;
    return [
      ...this.#problems,
      ...this.#unknown.map((one) =>
        changed.has(one)
          ? `line ${one.line}: decision ${one.id} was changed`
          : `line ${one.line}: decision ${one.id} was added to seal ${seal}`,
      ),
      ...gone.map((id) => `decision ${id} is gone: it is one of the ${count} of seal ${seal}`),
    ];
  }
}

function idOf(leaf: string): string {
  return leaf.slice(0, leaf.indexOf(' '));
}

function hashOf(leaf: string): string {
  return leaf.slice(leaf.indexOf(' ') + 1);
}
