import type { Tallied, Tally, Views } from '../../../handlers/contract/reads.ts';

interface Node<N> {
  readonly sum: N;
  readonly untilMs: number;
}

/**
 * What the symbols of the position book add up to, kept in a binary tree: a change of one symbol costs a walk from its
 * leaf to the root. Every sum is made anew from its two parts, so that nothing drifts however often it changes.
 * Own, because the segment trees of packages hold numbers: these sums are records, each with the time until which it holds.
 */
export class TallyTree<S, N> implements Tallied<N> {
  readonly #tally: Tally<S, N>;
  readonly #settings: S;
  readonly #slots = new Map<string, number>();
  readonly #symbols: string[] = [];
  /** The root is 1, the parts of `i` are `2i` and `2i + 1`, and the leaves begin at `#capacity`. */
  #nodes: (Node<N> | undefined)[] = [];
  #capacity = 0;
  #atMs = Number.NEGATIVE_INFINITY;

  constructor(tally: Tally<S, N>, settings: S) {
    this.#tally = tally;
    this.#settings = settings;
  }

  get total(): N | undefined {
    return this.#nodes[1]?.sum;
  }

  get validUntilMs(): number {
    return this.#nodes[1]?.untilMs ?? Infinity;
  }

  /** Brings the tree up to `nowMs`; `changed` names the symbols that changed since the last time, `undefined` all. */
  update(views: Views, nowMs: number, changed: Iterable<string> | undefined): void {
    if (changed === undefined || nowMs < this.#atMs) this.#rebuild(views, nowMs);
    else this.#refresh(views, nowMs, changed);
    this.#atMs = nowMs;
  }

  heaviest(weight: (sum: N) => number, atMost: number): readonly N[] {
    const found: N[] = [];
    const queue: Ranked[] = [];
    this.#enqueue(queue, 1, weight, atMost);
    for (let best = queue.shift(); best !== undefined && found.length < atMost; best = queue.shift()) {
      const node = this.#nodes[best.at];
      if (node !== undefined && best.at >= this.#capacity) found.push(node.sum);
      else for (const part of [2 * best.at, 2 * best.at + 1]) this.#enqueue(queue, part, weight, atMost - found.length);
    }
    return found;
  }

  #rebuild(views: Views, nowMs: number): void {
    this.#slots.clear();
    this.#symbols.length = 0;
    for (const { symbol } of views.book.positions()) this.#slotOf(symbol);
    this.#lay(views, nowMs);
  }

  #refresh(views: Views, nowMs: number, changed: Iterable<string>): void {
    const leaves = new Set<number>();
    this.#collectExpired(1, nowMs, leaves);
    for (const symbol of changed) {
      if (views.book.get(symbol) !== undefined) leaves.add(this.#slotOf(symbol));
    }
    if (this.#symbols.length > this.#capacity) {
      this.#lay(views, nowMs);
      return;
    }
    for (const slot of leaves) this.#nodes[this.#capacity + slot] = this.#leaf(slot, views, nowMs);
    this.#joinAbove([...leaves].map((slot) => this.#capacity + slot));
  }

  #joinAbove(parts: Iterable<number>): void {
    for (let level = above(parts); level.size > 0; level = above(level)) {
      for (const at of level) this.#nodes[at] = this.#join(this.#nodes[2 * at], this.#nodes[2 * at + 1]);
    }
  }

  /** All leaves anew, in a tree with room for as many again. */
  #lay(views: Views, nowMs: number): void {
    this.#capacity = 1;
    while (this.#capacity < 2 * this.#symbols.length) this.#capacity *= 2;
    this.#nodes = new Array(2 * this.#capacity).fill(undefined);
    for (const slot of this.#symbols.keys()) this.#nodes[this.#capacity + slot] = this.#leaf(slot, views, nowMs);
    for (let at = this.#capacity - 1; at >= 1; at -= 1) {
      this.#nodes[at] = this.#join(this.#nodes[2 * at], this.#nodes[2 * at + 1]);
    }
  }

  #slotOf(symbol: string): number {
    let slot = this.#slots.get(symbol);
    if (slot === undefined) {
      slot = this.#symbols.length;
      this.#symbols.push(symbol);
      this.#slots.set(symbol, slot);
    }
    return slot;
  }

  #leaf(slot: number, views: Views, nowMs: number): Node<N> | undefined {
    const position = views.book.get(this.#symbols[slot] as string);
    if (position === undefined) return undefined;
    const { value, validUntilMs } = this.#tally.one(position, views, this.#settings, nowMs);
    return { sum: value, untilMs: validUntilMs };
  }

  #join(left: Node<N> | undefined, right: Node<N> | undefined): Node<N> | undefined {
    if (left === undefined || right === undefined) return left ?? right;
    return { sum: this.#tally.both(left.sum, right.sum), untilMs: Math.min(left.untilMs, right.untilMs) };
  }

  #collectExpired(at: number, nowMs: number, leaves: Set<number>): void {
    const node = this.#nodes[at];
    if (node === undefined || nowMs <= node.untilMs) return;
    if (at >= this.#capacity) leaves.add(at - this.#capacity);
    else for (const part of [2 * at, 2 * at + 1]) this.#collectExpired(part, nowMs, leaves);
  }

  /** Keeps the queue in order of weight, then of place, and no longer than what can still be found through it. */
  #enqueue(queue: Ranked[], at: number, weight: (sum: N) => number, atMost: number): void {
    const node = this.#nodes[at];
    if (node === undefined) return;
    const ranked = { at, weight: weight(node.sum), from: this.#firstLeafUnder(at) };
    if (ranked.weight < 0) return;
    let place = queue.length;
    while (place > 0 && isBefore(ranked, queue[place - 1] as Ranked)) place -= 1;
    if (place >= atMost) return;
    queue.splice(place, 0, ranked);
    if (queue.length > atMost) queue.pop();
  }

  #firstLeafUnder(at: number): number {
    return at << (Math.clz32(at) - Math.clz32(this.#capacity));
  }
}

interface Ranked {
  readonly at: number;
  readonly weight: number;
  /** The first leaf below: of equal weights, what stands first comes first. */
  readonly from: number;
}

/** Views that are looked at once: their tallies are made from nothing each time. */
export function withTallies(parts: Omit<Views, 'tally'>): Views {
  const views: Views = {
    ...parts,
    tally: (tally, settings, nowMs) => {
      const tree = new TallyTree(tally, settings);
      tree.update(views, nowMs, undefined);
      return tree;
    },
  };
  return views;
}

function above(parts: Iterable<number>): Set<number> {
  const wholes = new Set<number>();
  for (const at of parts) if (at > 1) wholes.add(at >> 1);
  return wholes;
}

function isBefore(one: Ranked, other: Ranked): boolean {
  return one.weight === other.weight ? one.from < other.from : one.weight > other.weight;
}
