import { compareStreamIds } from '../../../schemas/time.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { isMarked } from './ledger-key.ts';
import { markedOf, type Seal, sealHash, sealOf } from './seal.ts';

/** Whose seals they are, and the key they are held to, if any. */
export interface SealedBy {
  readonly portfolio: string;
  readonly key: string | undefined;
}

/** Follows the seals of a ledger, or of a part of it: each must be what it says it is and follow the one before it. */
export class SealWalk {
  readonly #by: SealedBy;
  #last: Seal | undefined;
  #seals = 0;
  #marked = 0;
  #unmarked = 0;

  constructor(by: SealedBy) {
    this.#by = by;
  }

  /** The seal that an entry is, and what is wrong with it, in words; neither for an entry of another kind. */
  take(fields: Fields): { readonly seal?: Seal; readonly problem?: string } {
    const seal = sealOf(fields);
    if (seal === undefined) return { problem: 'was altered: it is no seal as Portcullis writes it' };
    const problem = this.#problemOf(seal);
    this.#last = seal;
    this.#seals += 1;
    return problem === undefined ? { seal } : { seal, problem };
  }

  /** The newest seal so far. */
  get last(): Seal | undefined {
    return this.#last;
  }

  /** How many there are. */
  get seals(): number {
    return this.#seals;
  }

  /** How many came before the first with a mark of the key; 0 without a key. */
  get unmarked(): number {
    return this.#by.key === undefined ? 0 : this.#unmarked;
  }

  /** Why seals are not held to the key; undefined where they are, or there is none. */
  unheld(): string | undefined {
    if (this.#by.key === undefined || this.#last === undefined || this.#last.mac !== undefined) return undefined;
    const how = this.#marked === 0 ? 'none has' : 'the newest has not';
    return `of ${this.#seals} seals ${how} the mark of LEDGER_KEY_FILE: they were written without it, or rewritten`;
  }

  #problemOf(seal: Seal): string | undefined {
    const last = this.#last;
    if (seal.after !== sealHash(seal)) return `seal ${seal.seal} was altered: its hash is not that of what it says`;
    if (compareStreamIds(seal.from, seal.to) > 0) return `seal ${seal.seal} ends before it begins`;
    if (last !== undefined && seal.seal !== last.seal + 1) {
      const gap = seal.seal > last.seal + 1 ? 'seals between them are gone' : 'the order was changed';
      return `expected seal ${last.seal + 1}, got ${seal.seal}: ${gap}`;
    }
    if (last !== undefined && seal.before !== last.after) {
      return `seal ${seal.seal} does not follow the one before it: that one was altered or exchanged`;
    }
    if (last === undefined && (seal.seal === 1) !== (seal.before === ''))
      return `seal ${seal.seal} has another beginning`;
    return this.#markProblem(seal);
  }

  #markProblem(seal: Seal): string | undefined {
    const { portfolio, key } = this.#by;
    if (key === undefined) return undefined;
    if (seal.mac === undefined) {
      this.#unmarked += 1;
      if (this.#marked === 0) return undefined;
      return `seal ${seal.seal} has no mark of LEDGER_KEY_FILE, and one before it has`;
    }
    this.#marked += 1;
    if (isMarked(seal.mac, key, markedOf(portfolio, seal))) return undefined;
    return `seal ${seal.seal} has another mark than LEDGER_KEY_FILE gives: it or the ledger before it was written anew`;
  }
}
