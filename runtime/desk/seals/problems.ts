/** Problems that are said one by one; more are only counted. */
const MOST_SAID = 20;

/** What is wrong, in words. */
export class Problems {
  readonly #said: string[] = [];
  #count = 0;

  /** Adds one; nothing where it is undefined. */
  add(problem: string | undefined): void {
    if (problem === undefined) return;
    this.#count += 1;
    if (this.#said.length < MOST_SAID) this.#said.push(problem);
  }

  /** The first of them, and how many more there are. */
  said(): readonly string[] {
    const more = this.#count - this.#said.length;
    return more === 0 ? this.#said : [...this.#said, `and ${more} more`];
  }
}
