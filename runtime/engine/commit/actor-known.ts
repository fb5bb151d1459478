import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * How it is known who makes a change: `token`, `session:NAME`, `cli:UID`; nothing is said where the system itself does.
 * What is called within `run` is told, however deep: no change can forget to pass it on.
 */
const known = new AsyncLocalStorage<string>();

/** What the ledger says where nobody said how the actor was known: a worker did it by itself. */
const BY_ITSELF = 'worker';

/** Does some work in the name of an actor that is known like this. */
export function asKnown<T>(how: string, work: () => T): T {
  return known.run(how, work);
}

/** Does some work that nobody asked for: what a program that runs on does by itself. */
export function byItself<T>(work: () => T): T {
  return known.exit(work);
}

/** How the actor of what is done now is known, in the words of the ledger. */
export function howKnown(): string {
  return known.getStore() ?? BY_ITSELF;
}
