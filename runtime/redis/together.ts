interface Waiting<A, R> {
  readonly ask: A;
  readonly resolve: (answer: R) => void;
  readonly reject: (error: unknown) => void;
}

/** Asks with one call for what many ask for in one turn of the event loop, so many at a time. Where that is refused, each is asked for alone. */
export class Together<A, R> {
  readonly #call: (asks: readonly A[]) => Promise<readonly R[]>;
  readonly #most: number;
  #waiting: Waiting<A, R>[] = [];

  /** `call` answers each of the asks, in their order; `most` are asked for with one call. */
  constructor(call: (asks: readonly A[]) => Promise<readonly R[]>, most: number) {
    this.#call = call;
    this.#most = most;
  }

  /** The answer to one; errors are those of asking for it alone. */
  ask(ask: A): Promise<R> {
    if (this.#waiting.length === 0) setImmediate(() => this.#send());
    return new Promise((resolve, reject) => this.#waiting.push({ ask, resolve, reject }));
  }

  #send(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < all.length; at += this.#most) void this.#sendSome(all.slice(at, at + this.#most));
  }

  async #sendSome(some: readonly Waiting<A, R>[]): Promise<void> {
    try {
      const answers = await this.#call(some.map(({ ask }) => ask));
      for (const [at, { resolve }] of some.entries()) resolve(answers[at] as R);
    } catch (error) {
      if (some.length === 1) some[0]?.reject(error);
      else await Promise.all(some.map((one) => this.#sendSome([one])));
    }
  }
}

/** Asks for several lists as for one, and gives each its own answers. */
export async function asOneList<A, R>(
  lists: readonly (readonly A[])[],
  ask: (all: readonly A[]) => Promise<readonly R[]>,
): Promise<readonly (readonly R[])[]> {
  const answers = await ask(lists.flat());
  let from = 0;
  return lists.map(({ length }) => {
    from += length;
    return answers.slice(from - length, from);
  });
}
