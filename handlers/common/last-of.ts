/**
 * A function that hands out its last result as long as it is called with the same arguments, told apart by identity:
 * for what is the same for many messages, and follows from its arguments alone.
 */
export function lastOf<A extends readonly unknown[], R>(compute: (...args: A) => R): (...args: A) => R {
  let last: { readonly args: A; readonly result: R } | undefined;
  return (...args) => {
    if (last === undefined || args.some((arg, at) => arg !== last?.args[at])) last = { args, result: compute(...args) };
    return last.result;
  };
}
