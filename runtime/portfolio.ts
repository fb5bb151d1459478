import { keys } from '../schemas/keys.ts';

/** The portfolio to which settings that name a stream, a group or a consumer apply (contract §0). */
export const DEFAULT_PREFIX = 'quantum';

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

/** The portfolio of a prefix that the settings speak of: streams are renamed on the default portfolio alone (contract §0). */
export function portfolioNamed(prefix: string, streamOverrides: Readonly<Record<string, string>>): Portfolio {
  return portfolioOf(prefix, prefix === DEFAULT_PREFIX ? { overrides: streamOverrides } : {});
}
