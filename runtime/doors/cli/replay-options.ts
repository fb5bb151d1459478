import { InvalidArgumentError } from 'commander';
import { parseNumber } from '../../../schemas/number.ts';
import type { ReplayPolicy } from '../../../schemas/replay-policy.ts';
import type { FilterOptions } from './decision-filter.ts';
import type { MomentOption } from './moments.ts';
import type { CommonOptions } from './options.ts';
import { policyFile } from './policy-file.ts';

/** How decisions are judged again. */
export interface ReplayOptions extends CommonOptions, FilterOptions {
  readonly policy?: string;
  readonly file?: string;
  readonly candles?: readonly string[];
  /** Where what is played is kept. */
  readonly keep?: string;
  readonly run?: string;
  readonly askedBy?: string;
  /** What is played, with candles. */
  readonly strategy?: string;
  readonly equity?: number;
  readonly since?: MomentOption;
  readonly until?: MomentOption;
  readonly same?: boolean;
}

/** What a policy file says; without one, nothing. Throws a usage error for a file that is none. */
export async function policyOf(path: string | undefined): Promise<ReplayPolicy> {
  return path === undefined ? {} : await policyFile('--policy', path);
}

/** US dollars above 0 given as an option; throws for any other text. */
export function dollars(text: string): number {
  const usd = parseNumber(text);
  if (usd !== undefined && usd > 0) return usd;
  throw new InvalidArgumentError(`expected US dollars above 0, got ${JSON.stringify(text)}`);
}
