import { keys } from '../schemas/keys.ts';

/** A portfolio: all its keys share a prefix, and so, on a cluster, a slot. */
export interface Portfolio {
  readonly prefix: string;
  /** Only the demo's and a replay's own portfolios have a simulated clock. */
  readonly simulatedClock: boolean;
  /** The whole name of a key. */
  key(name: string): string;
  /** The whole name of a stream, a setting's override included (`STREAM_PLANS`, `STREAM_RESULTS`, `STREAM_EVENTS`). */
  streamKey(name: string): string;
}

/** The portfolio of a prefix. `overrides` maps stream names to whole keys. */
export function portfolioOf(
  prefix: string,
  options: { simulatedClock?: boolean; overrides?: Readonly<Record<string, string>> } = {},
): Portfolio {
  const overrides = options.overrides ?? {};
  return {
    prefix,
    simulatedClock: options.simulatedClock ?? false,
    key: (name) => `${prefix}:${name}`,
    streamKey: (name) => overrides[name] ?? `${prefix}:${keys.stream(name)}`,
  };
}
