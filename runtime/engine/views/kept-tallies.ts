import type { Tallied, Tally, Views } from '../../../handlers/contract/reads.ts';
import { TallyTree } from './tally-tree.ts';

interface Kept {
  readonly families: ReadonlySet<string>;
  readonly tree: TallyTree<never, unknown>;
  /** Symbols that changed since the tree was brought up to date; `undefined` when any may have. */
  changed: Set<string> | undefined;
}

/** The tallies that were asked for, each brought up to date when it is asked for again, by what changed since. */
export class KeptTallies {
  readonly #views: Views;
  readonly #kept = new Map<unknown, Map<unknown, Kept>>();

  constructor(views: Views) {
    this.#views = views;
  }

  /** The tally at `nowMs`; a tally and settings are told apart by identity. */
  of<S, N>(tally: Tally<S, N>, settings: S, nowMs: number): Tallied<N> {
    const kept = this.#keptFor(tally, settings);
    const { changed } = kept;
    kept.changed = undefined;
    kept.tree.update(this.#views, nowMs, changed);
    kept.changed = new Set();
    return kept.tree as unknown as Tallied<N>;
  }

  /** Lets go of the tallies of settings that are not used any more. */
  release(settings: unknown): void {
    for (const bySettings of this.#kept.values()) bySettings.delete(settings);
  }

  /** Notes that the position of a symbol, or of any (`undefined`), may have changed. */
  snapshotChanged(symbol: string | undefined): void {
    for (const kept of this.#all()) note(kept, symbol);
  }

  /** Notes that a hash of a family, or any of it (`undefined`), may have changed. */
  hashChanged(family: string, name: string | undefined): void {
    for (const kept of this.#all()) {
      if (kept.families.has(family)) note(kept, name);
    }
  }

  #keptFor<S, N>(tally: Tally<S, N>, settings: S): Kept {
    const bySettings = this.#kept.get(tally) ?? new Map<unknown, Kept>();
    this.#kept.set(tally, bySettings);
    const known = bySettings.get(settings);
    if (known !== undefined) return known;
    const tree = new TallyTree(tally, settings) as unknown as TallyTree<never, unknown>;
    const kept: Kept = { families: new Set(tally.families), tree, changed: undefined };
    bySettings.set(settings, kept);
    return kept;
  }

  *#all(): Iterable<Kept> {
    for (const bySettings of this.#kept.values()) yield* bySettings.values();
  }
}

function note(kept: Kept, symbol: string | undefined): void {
  if (symbol === undefined) kept.changed = undefined;
  else kept.changed?.add(symbol);
}
