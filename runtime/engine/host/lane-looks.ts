import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { compareStreamIds } from '../../../schemas/time.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { LaneNames } from '../lane/identity.ts';
import { lagGauges, measureLags, noLagGauges } from '../status/lag.ts';
import type { Metrics } from '../status/metrics.ts';
import type { GroupPosition, StreamPosition } from '../streams/positions.ts';
import { FOREIGN_METRIC, foreignConsumers } from './workers.ts';

/** A lane whose group did not move is looked at for others who read with it no more often. */
const STILL_LOOK_MS = MINUTE_MS;

/** What `LaneLooks` works with. */
export interface LaneLooksDeps {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** The lanes that read a stream, by their handlers' names. */
  readonly lanes: readonly { readonly handler: string; readonly names: LaneNames }[];
}

/** How far each stream goes, by its key; empty where that is not known. */
export type Positions = ReadonlyMap<string, StreamPosition>;

/** Looks how far lanes are behind, and who else reads with their groups: closely only where something moved. */
export class LaneLooks {
  readonly #deps: LaneLooksDeps;
  /** Foreign consumers that the log has named. */
  readonly #named = new Set<string>();
  /** Of each handler where its group was when it was looked at for others, and when that was. */
  readonly #looked = new Map<string, { readonly at: string; readonly ms: number }>();

  constructor(deps: LaneLooksDeps) {
    this.#deps = deps;
  }

  /** Sets the gauges of lag. Of a lane with nothing waiting and nothing pending they follow from the positions. */
  async lag(positions: Positions): Promise<void> {
    const { redis, portfolio, metrics, lanes } = this.#deps;
    const busy = lanes.filter(({ handler, names }) => {
      if (!isAtRest(positions.get(names.stream), names)) return true;
      metrics.apply(noLagGauges(handler, positions.get(names.deadLetters)?.entries ?? 0), portfolio.prefix);
      return false;
    });
    if (busy.length === 0) return;
    const lags = await measureLags(
      redis,
      busy.map(({ names }) => names),
    );
    for (const [at, { handler }] of busy.entries()) {
      const lag = lags[at];
      if (lag !== undefined) metrics.apply(lagGauges(handler, lag), portfolio.prefix);
    }
  }

  /**
   * A program that reads with a group of ours takes entries away from their gate. It is seen with the first that it is
   * given or that joins it, and a minute later at most where it only waits. This worker says again that its own consumer
   * is ours: after FLUSHALL nothing else would.
   */
  async foreign(positions: Positions): Promise<void> {
    const { redis, portfolio, metrics, lanes } = this.#deps;
    for (const { handler, names } of lanes) {
      const at = placeOf(groupOf(positions.get(names.stream), names));
      const looked = this.#looked.get(handler);
      if (looked?.at === at && performance.now() - looked.ms < STILL_LOOK_MS) continue;
      await redis.sadd(names.consumers, names.consumer);
      const foreign = await foreignConsumers(redis, names);
      metrics.apply([{ metric: FOREIGN_METRIC.name, labels: { handler }, set: foreign.length }], portfolio.prefix);
      for (const { name } of foreign) this.#name(handler, names, name);
      if (foreign.length === 0) this.#looked.set(handler, { at, ms: performance.now() });
      else this.#looked.delete(handler);
    }
  }

  #name(handler: string, { stream, group }: LaneNames, consumer: string): void {
    const known = `${stream} ${consumer}`;
    if (this.#named.has(known)) return;
    this.#named.add(known);
    this.#deps.log.error(
      `consumer ${consumer} in group ${group} of ${stream} is not ours: it takes entries away from ${handler}`,
    );
  }
}

function groupOf(position: StreamPosition | undefined, { group }: LaneNames): GroupPosition | undefined {
  return position?.groups.find(({ name }) => name === group);
}

function isAtRest(position: StreamPosition | undefined, names: LaneNames): boolean {
  const group = groupOf(position, names);
  if (position === undefined || group === undefined) return false;
  return group.pending === 0 && compareStreamIds(group.lastDeliveredId, position.lastId) >= 0;
}

/** Text that is the same while nobody was given an entry, nobody joined, and nothing is pending. */
function placeOf(group: GroupPosition | undefined): string {
  if (group === undefined) return '';
  return `${group.lastDeliveredId} ${group.pending} ${group.consumers}`;
}
