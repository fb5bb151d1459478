import { isInput, keys } from '../../schemas/keys.ts';

/** The portfolio to which settings that name a stream, a group or a consumer apply (contract §0). */
export const DEFAULT_PREFIX = 'quantum';

/** `hold`: the last version of the policy history stays in force; `revert`: and is written back; `follow`: what was written is in force. */
export const policyForeignRules = ['hold', 'follow', 'revert'] as const;
export type PolicyForeign = (typeof policyForeignRules)[number];

/** A portfolio: all its keys share a prefix, and so, on a cluster, a slot; beside another system, what is ours has one of its own. */
export interface Portfolio {
  readonly prefix: string;
  /** Prefix of all keys that are written; the portfolio's own unless this runs beside another system (contract §6). */
  readonly outputPrefix: string;
  /** Only the demo's and a replay's own portfolios have a simulated clock. */
  readonly simulatedClock: boolean;
  /** What becomes of a mode or limits that somebody wrote past Portcullis (contract §6). */
  readonly policyForeign: PolicyForeign;
  /** The whole name of a key: an input has the portfolio's prefix, everything else that of the outputs. */
  key(name: string): string;
  /** The whole name of a stream, a setting's override included (`STREAM_PLANS`, `STREAM_RESULTS`, `STREAM_EVENTS`). */
  streamKey(name: string): string;
  /** The name of a consumer group here. */
  group(name: string): string;
  /** The whole name of the dead letters of a stream, which is given by its whole name. */
  deadLetters(stream: string): string;
}

/** How a system that runs beside another on the same inputs names what is its own (contract §6). */
export interface ShadowDeployment {
  /** `undefined`: it runs alone. */
  readonly outputPrefix?: string | undefined;
  /** What the names of its consumer groups end with. */
  readonly groupSuffix?: string | undefined;
  /** Streams that other programs write, besides those of the contract: what further gates read. */
  readonly inputStreams?: readonly string[] | undefined;
  /** `hold` where nothing is said. */
  readonly policyForeign?: PolicyForeign | undefined;
}

/** The portfolio of a prefix. `overrides` maps stream names to whole keys. */
export function portfolioOf(
  prefix: string,
  options: ShadowDeployment & { simulatedClock?: boolean; overrides?: Readonly<Record<string, string>> } = {},
): Portfolio {
  const {
    outputPrefix = prefix,
    groupSuffix = '',
    inputStreams = [],
    overrides = {},
    policyForeign = 'hold',
  } = options;
  const further = new Set(inputStreams.map(keys.stream));
  const isRead = (name: string) => isInput(name) || further.has(name);
  const alone = outputPrefix === prefix;
  const key = (name: string) => `${alone || isRead(name) ? prefix : outputPrefix}:${name}`;
  const moved = (whole: string) => movedTo(outputPrefix, whole, prefix);
  return {
    prefix,
    outputPrefix,
    simulatedClock: options.simulatedClock ?? false,
    policyForeign,
    key,
    streamKey: (name) => {
      const named = overrides[name];
      if (named === undefined) return key(keys.stream(name));
      return alone || isRead(keys.stream(name)) ? named : moved(named);
    },
    group: (name) => `${name}${groupSuffix}`,
    deadLetters: (stream) => `${alone ? stream : moved(stream)}.dlq`,
  };
}

/** The portfolio of a prefix that the settings speak of: streams are renamed on the default portfolio alone (contract §0). */
export function portfolioNamed(
  prefix: string,
  streamOverrides: Readonly<Record<string, string>>,
  beside: ShadowDeployment & { simulatedClock?: boolean } = {},
): Portfolio {
  return portfolioOf(prefix, { ...beside, ...(prefix === DEFAULT_PREFIX && { overrides: streamOverrides }) });
}

/** A whole name under the prefix of the outputs: in place of the portfolio's, else before what has another. */
function movedTo(outputPrefix: string, whole: string, prefix: string): string {
  if (whole.startsWith(`${outputPrefix}:`)) return whole;
  return whole.startsWith(`${prefix}:`) ? `${outputPrefix}${whole.slice(prefix.length)}` : `${outputPrefix}:${whole}`;
}
