import type { ClusterMap } from './cluster-map.ts';
import { SlotLink } from './slot-link.ts';

/** A Redis Cluster: one link to the slot of every portfolio that is used. */
export class Cluster {
  readonly #map: ClusterMap;
  readonly #links = new Map<string, SlotLink>();

  constructor(map: ClusterMap) {
    this.#map = map;
  }

  /** The link to the slot of a portfolio; `key` is any key of it, the same one each time. */
  linkOf(key: string): SlotLink {
    const link = this.#links.get(key) ?? new SlotLink(this.#map, key);
    this.#links.set(key, link);
    return link;
  }
}
