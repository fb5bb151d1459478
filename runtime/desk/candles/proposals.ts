import { ProposalError, type TimedProposal, timedProposal } from '../../../schemas/candle-proposal.ts';
import { quoted } from '../../../schemas/setting.ts';
import { LineFile, LineFileError } from '../decisions/line-file.ts';

/** The proposals of a file of JSON lines, compressed or not, in its order; throws a `LineFileError` for any other. */
export async function recordedProposals(path: string): Promise<readonly TimedProposal[]> {
  const file = await LineFile.open(path);
  const proposals: TimedProposal[] = [];
  let number = 0;
  for await (const line of file.lines()) {
    number += 1;
    if (line.trim() !== '') proposals.push(proposalIn(line, `${path}, line ${number}`));
  }
  if (proposals.length === 0) throw new LineFileError(`${path}: expected proposals, one a line, got none`);
  return proposals;
}

function proposalIn(line: string, where: string): TimedProposal {
  try {
    return timedProposal(JSON.parse(line));
  } catch (error) {
    if (error instanceof ProposalError) throw new LineFileError(`${where}: ${error.message}`);
    throw new LineFileError(`${where}: expected a proposal as JSON, got ${quoted(line)}`);
  }
}
