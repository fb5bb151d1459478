/**
 * A function that hands out its last two results as long as it is called with the same arguments, told apart by
 * identity: for what is the same for many messages, and follows from its arguments alone. Two, because a candidate may
 * be judged in turn with what is in force.
 */
export function lastOf<A extends readonly unknown[], R>(compute: (...args: A) => R): (...args: A) => R {
  let last: Kept<A, R> | undefined;
  let before: Kept<A, R> | undefined;
  return (...args) => {
    if (last !== undefined && same(last.args, args)) return last.result;
    const kept = before !== undefined && same(before.args, args) ? before : { args, result: compute(...args) };
    before = last;
    last = kept;
    return kept.result;
  };
}

interface Kept<A, R> {
  readonly args: A;
  readonly result: R;
}

function same(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.every((arg, at) => arg === other[at]);
}
