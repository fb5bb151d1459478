import type { Redis } from 'ioredis';
import type { LaneNames } from './identity.ts';
import type { Entry } from './reader.ts';
import type { PendingEntry } from './recovery.ts';

/**
 * Delivers entries to this worker again, fields and all; what is not in the stream any more is dropped by Redis. How often
 * an entry was delivered is said, not added to: one that is asked for twice since a reply was lost counts once, and one
 * that this process was `given` before, and lives, does not count.
 */
export async function deliverAgain(
  redis: Redis,
  names: LaneNames,
  pending: readonly PendingEntry[],
  given: Given,
): Promise<Entry[]> {
  const byCount = new Map<number, string[]>();
  for (const { id, deliveries } of pending) {
    const count = given.has(id) ? deliveries : deliveries + 1;
    byCount.set(count, [...(byCount.get(count) ?? []), id]);
  }
  const { stream, group, consumer } = names;
  const claims = [...byCount].map(([count, ids]) =>
    redis.xclaim(stream, group, consumer, 0, ...ids, 'RETRYCOUNT', count),
  );
  const claimed = ((await Promise.all(claims)) as ([string, string[]] | null)[][]).flat();
  const found = new Map(claimed.filter((entry) => entry !== null));
  return pending.flatMap(({ id }) => {
    const flat = found.get(id);
    return flat === undefined ? [] : [{ id, flat }];
  });
}

/** More than a lane has in hand at once. */
const GIVEN_KEPT = 4_000;

/** The ids of the entries that this process was given lately: they have not ended it. */
export class Given {
  readonly #ids = new Set<string>();

  /** Notes entries as given; forgets the oldest. */
  add(entries: readonly Entry[]): void {
    for (const { id } of entries) this.#ids.add(id);
    for (const id of this.#ids) {
      if (this.#ids.size <= GIVEN_KEPT) return;
      this.#ids.delete(id);
    }
  }

  /** Whether this process was given the entry of this id. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }
}

/** An entry that was delivered this often without being finished kills its workers: it is a dead letter. */
const MAX_DELIVERIES = 5;

/**
 * Pending entries in the groups in which they are tried again, in their order where `inOrder` says so. One that was
 * delivered more than once, and not `given` to this process before, is alone: if it kills the process, it takes no other
 * with it.
 */
export function triedAgain(
  pending: readonly PendingEntry[],
  inOrder: boolean,
  given: Given,
): readonly PendingEntry[][] {
  const isAlone = ({ id, deliveries }: PendingEntry) => deliveries > 1 && !given.has(id);
  if (!inOrder) {
    const together = pending.filter((entry) => !isAlone(entry));
    return [together, ...pending.filter(isAlone).map((entry) => [entry])];
  }
  const groups: PendingEntry[][] = [];
  let together: PendingEntry[] | undefined;
  for (const entry of pending) {
    if (isAlone(entry)) {
      groups.push([entry]);
      together = undefined;
    } else if (together === undefined) {
      together = [entry];
      groups.push(together);
    } else together.push(entry);
  }
  return groups;
}

/** Whether an entry ended so many of its workers that it must not be given to one again. */
export function killsWorkers({ id, deliveries }: PendingEntry, given: Given): boolean {
  return deliveries >= MAX_DELIVERIES && !given.has(id);
}
