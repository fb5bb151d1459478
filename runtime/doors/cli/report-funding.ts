import { type Command, InvalidArgumentError } from 'commander';
import { parseNumber } from '../../../schemas/number.ts';
import { type FundingSource, playFunding } from '../../desk/report/funding.ts';
import { fundingFile } from '../../desk/report/funding-file.ts';
import type { ReportRequest } from '../../desk/report/index.ts';
import type { FundingRules } from '../../market/player/funded-book.ts';
import type { FundingBounds } from '../../market/player/held-funding.ts';
import { fileProblem } from './files.ts';

const MOST_BPS = 1_000;

/** What funding a report, or a play, takes off. */
export interface FundingOptions {
  readonly funding?: string;
  readonly fundingBps?: FundingBounds;
}

/** Gives a command the options of funding. */
export function withFundingOptions(command: Command): Command {
  return command
    .option('--funding <path>', 'take off the funding rates of this CSV file, or of all in this folder')
    .option(
      '--funding-bps <low:high>',
      'funding that is not recorded, every 8 h, in hundredths of a per cent (default: -5:5)',
      boundsOf,
    );
}

/** The funding that is asked for, in place of what is recorded beside the log. */
export async function fundingRules(
  { funding: path, fundingBps: fundingBounds }: FundingOptions,
  recorded: FundingSource | undefined,
): Promise<Pick<ReportRequest, 'funding' | 'fundingBounds'>> {
  const funding = path === undefined ? recorded : await sourceOf(path);
  return { ...(funding !== undefined && { funding }), ...(fundingBounds !== undefined && { fundingBounds }) };
}

/** The funding of a play of these symbols: what is asked for, else what is recorded. */
export async function fundingOfPlay(
  options: FundingOptions,
  symbols: readonly string[],
  recorded?: FundingSource,
): Promise<FundingRules> {
  const { funding, fundingBounds } = await fundingRules(options, recorded);
  return await playFunding(funding, symbols, fundingBounds);
}

/** The rates of a file or a folder; throws a usage error for one that is none. */
export async function sourceOf(path: string): Promise<FundingSource> {
  return await fundingFile(path).catch((error: unknown) => {
    throw fileProblem('--funding', path, error);
  });
}

function boundsOf(text: string): FundingBounds {
  const [low, high, ...more] = text.split(':').map(parseNumber);
  const isUsed = (bps: number | undefined) => bps !== undefined && Math.abs(bps) <= MOST_BPS;
  if (low === undefined || high === undefined || more.length > 0 || low > high || !isUsed(low) || !isUsed(high)) {
    throw new InvalidArgumentError(
      `expected two numbers of -${MOST_BPS} to ${MOST_BPS}, such as -5:5, got ${JSON.stringify(text)}`,
    );
  }
  return { low: low / 10_000, high: high / 10_000 };
}
