import { type Command, InvalidArgumentError } from 'commander';
import { HOUR_SEC } from '../../../schemas/duration.ts';
import type { Explanation } from '../../desk/explain/explanation.ts';
import { explainPlan } from '../../desk/explain/index.ts';
import { explainLogged } from '../../desk/explain/logged-plan.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { filePages } from './decision-source.ts';
import { exitCodes } from './errors.ts';
import { explanationText } from './explain-text.ts';
import type { Io } from './io.ts';
import { runOf, withRunOption } from './kept-run.ts';
import type { ExitStatus } from './main.ts';
import { type MomentOption, momentOption } from './moments.ts';
import { type CommonOptions, wholeNumber, withCommonOptions } from './options.ts';
import { print } from './output.ts';
import { withSession } from './session.ts';

interface ExplainOptions extends CommonOptions {
  readonly since?: MomentOption;
  readonly within: number;
  readonly run?: string;
}

/** `explain`: the whole way of one plan, from the proposal to what the executor said; exits with 1 when there is no trace of it. */
export function explainCommand(program: Command, io: Io, outcome: ExitStatus): void {
  const command = program.command('explain').description('the whole way of a plan: what each gate made of it, and why');
  withRunOption(withCommonOptions(command))
    .argument('<plan_id>', 'the plan, as its producer named it', planIdOf)
    .option('--since <moment>', 'look back to then: 48h, 7d, or a time (default: an hour before it)', momentOption)
    .option('--within <seconds>', 'look for so long at most', wholeNumber(1, HOUR_SEC), 30)
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis explain 8188151ac8e76b73\n  $ portcullis explain 8188151ac8e76b73 --json | jq -r .summary',
    )
    .action(async (planId: string, options: ExplainOptions) => {
      const explanation = await explained(io, planId, options);
      print(io, options, explanation, (told) => explanationText(told, options.run === undefined));
      if (explanation.end === 'unknown') outcome.code = exitCodes.failed;
    });
}

async function explained(io: Io, planId: string, options: ExplainOptions): Promise<Explanation> {
  const handlers = await loadHandlers();
  const { run: kept, since, within } = options;
  if (kept !== undefined) {
    const { named, decisions, endMs } = await runOf(kept, { '--portfolio': options.portfolio });
    const place = { file: named, sinceMs: since?.(endMs) ?? 0, nowMs: endMs };
    return await explainLogged(filePages(decisions, '--run'), handlers, planId, place);
  }
  return await withSession(io, options, async ({ redis, portfolio }) => {
    const sinceMs = since?.(await portfolioNowMs(redis, portfolio));
    const bounds = { withinMs: within * 1000, ...(sinceMs !== undefined && { sinceMs }) };
    return await explainPlan(redis, portfolio, handlers, planId, bounds);
  });
}

/** An id that a script left empty would be looked for in every stream. */
function planIdOf(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('expected the id of a plan, got none');
}
