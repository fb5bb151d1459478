import type { UserEvent } from '../port.ts';
import type { BareUserEvent } from './user-events.ts';

const MOST_REMEMBERED = 2_000;

/** Tells repeated events from new ones, and late ones from those in order, over reconnects too. */
export class EventOrder {
  readonly #seen = new Set<string>();
  readonly #newestMs = new Map<UserEvent['kind'], number>();

  /** The event with its place among the others, or `undefined` when it was placed before. */
  place(event: BareUserEvent): UserEvent | undefined {
    const name = JSON.stringify(event);
    if (this.#seen.has(name)) return undefined;
    this.#remember(name);
    const newestMs = this.#newestMs.get(event.kind) ?? 0;
    this.#newestMs.set(event.kind, Math.max(newestMs, event.eventMs));
    return { ...event, late: event.eventMs < newestMs };
  }

  #remember(name: string): void {
    this.#seen.add(name);
    if (this.#seen.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#seen;
    if (oldest !== undefined) this.#seen.delete(oldest);
  }
}
