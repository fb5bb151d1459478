import type { Command } from 'commander';
import {
  type DecisionFilter,
  type LoggedDecision,
  lastDecisions,
  matches,
  matchesAll,
  newestDecisionId,
  nextDecisions,
} from '../../desk/decisions/decisions.ts';
import { FactsJoin } from '../../desk/decisions/facts-join.ts';
import { CLEAR_LINE } from '../terminal/progress-bar.ts';
import { type FilterOptions, filterOf, withFilterOptions } from './decision-filter.ts';
import type { Io } from './io.ts';
import { type CommonOptions, wholeNumber, withCommonOptions } from './options.ts';
import { moment } from './output.ts';
import { type PortfolioConnection, withSession } from './session.ts';
import { decisionLine } from './status.ts';

interface TailOptions extends CommonOptions, FilterOptions {
  readonly strategy?: string;
  readonly last: number;
}

const BLOCK_MS = 5_000;

/** `tail`: decisions as they are made, until Ctrl-C or until nobody reads them. */
export function tailCommand(program: Command, io: Io): void {
  const command = program.command('tail').description('decisions as they are made; --json: one object a line');
  withFilterOptions(withCommonOptions(command))
    .option('--last <count>', 'begin with the last ones that pass the filters', wholeNumber(0, 10_000), 0)
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis tail --gate governor --verdict BLOCK' +
        '\n  $ portcullis tail --last 100 --json | jq -r .reason',
    )
    .action(async (options: TailOptions) => {
      const filter = await filterOf(options, options.strategy);
      await withSession(io, options, async (session) => follow(io, session, filter, options));
    });
}

async function follow(
  io: Io,
  session: PortfolioConnection,
  filter: DecisionFilter,
  options: TailOptions,
): Promise<void> {
  const { redis, portfolio } = session;
  const show = (decisions: readonly LoggedDecision[]) => {
    for (const decision of decisions) if (matches(filter, decision)) io.out(lineOf(decision, options.json === true));
  };
  const facts = new FactsJoin(redis, portfolio);
  let lastId = await newestDecisionId(redis, portfolio);
  show(await earlier(io, session, { count: options.last, filter, upTo: lastId }));
  io.ended.addEventListener('abort', () => redis.disconnect());
  while (!io.ended.aborted) {
    const decisions = await nextDecisions(redis, portfolio, lastId, BLOCK_MS).catch((error: unknown) => {
      if (io.ended.aborted) return [];
      throw error;
    });
    show(await facts.join(decisions));
    lastId = decisions.at(-1)?.id ?? lastId;
  }
}

/** The last ones that match; where somebody waits at a terminal, with a line about how far the search is. */
async function earlier(
  io: Io,
  { redis, portfolio }: PortfolioConnection,
  wanted: { readonly count: number; readonly filter: DecisionFilter; readonly upTo: string },
): Promise<readonly LoggedDecision[]> {
  const { count, filter } = wanted;
  if (count === 0) return [];
  const found = await lastDecisions(redis, portfolio, wanted, ({ looked, found: have, oldest }) => {
    const back = `${looked} decisions looked at, back to ${moment(oldest.fields.timestamp ?? '')}: ${have} of ${count}`;
    if (io.interactive && !matchesAll(filter)) io.err(`${CLEAR_LINE}${back} found`);
    return io.ended.aborted;
  });
  if (io.interactive) io.err(CLEAR_LINE);
  return found;
}

function lineOf({ id, fields }: LoggedDecision, json: boolean): string {
  return json ? `${JSON.stringify({ id, ...fields })}\n` : decisionLine(fields);
}
