import { InvalidArgumentError, Option } from 'commander';
import { parseNumber } from '../../../schemas/number.ts';
import type { ReplayPolicy } from '../../../schemas/replay-policy.ts';
import { alternatives } from '../../../schemas/setting.ts';
import { strategyNames } from '../../../schemas/strategy.ts';
import type { Measure } from '../../desk/candles/walk-forward.ts';
import type { FilterOptions } from './decision-filter.ts';
import { usageError } from './errors.ts';
import type { MomentOption } from './moments.ts';
import type { CommonOptions } from './options.ts';
import { policyFile } from './policy-file.ts';
import type { FundingOptions } from './report-funding.ts';
import { valued } from './values.ts';

/** How decisions are judged again. */
export interface ReplayOptions extends CommonOptions, FilterOptions, FundingOptions {
  readonly policy?: readonly string[];
  /** Each month by itself, and by what limits are chosen on those before. */
  readonly months?: boolean;
  readonly chooseBy?: Measure;
  readonly file?: string;
  readonly candles?: readonly string[];
  /** Where what is played is kept. */
  readonly keep?: string;
  readonly run?: string;
  readonly askedBy?: string;
  /** What is played, with candles. */
  readonly strategy?: string;
  readonly proposals?: string;
  readonly equity?: number;
  readonly since?: MomentOption;
  readonly until?: MomentOption;
  readonly same?: boolean;
  /** Each decision after what those before it came to. */
  readonly joint?: boolean;
}

/** The strategy that is the log of a report itself. */
export const LOG = 'log';

/** `--strategy`, which needs the option that is named; its file is one too where it is none of these names. */
export function strategyOption(needs: '--play' | '--candles'): Option {
  const names = needs === '--play' ? [...strategyNames, LOG] : strategyNames;
  const own = needs === '--play' ? "log, the log's own proposals; of a run its own strategy" : 'demo';
  const says = `with ${needs}: ${alternatives(names)}, a JSON file, or a module (default: ${own})`;
  return valued(new Option('--strategy <name|file>', says), () => names);
}

/** What a policy file says. Throws a usage error for a file that is none. */
export async function policyOf(path: string): Promise<ReplayPolicy> {
  return await policyFile('--policy', path);
}

/** The policy that is named; undefined without one. Throws a usage error for several. */
export async function onePolicyOf({ policy = [] }: ReplayOptions): Promise<ReplayPolicy | undefined> {
  const [path, ...others] = policy;
  if (others.length > 0) throw usageError('expected one --policy, or --candles and --months with several, got several');
  return path === undefined ? undefined : await policyOf(path);
}

/** US dollars above 0 given as an option; throws for any other text. */
export function dollars(text: string): number {
  const usd = parseNumber(text);
  if (usd !== undefined && usd > 0) return usd;
  throw new InvalidArgumentError(`expected US dollars above 0, got ${JSON.stringify(text)}`);
}
