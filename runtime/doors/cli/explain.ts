import { type Command, InvalidArgumentError } from 'commander';
import { HOUR_SEC } from '../../../schemas/duration.ts';
import { explainPlan } from '../../desk/explain/index.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { exitCodes } from './errors.ts';
import { explanationText } from './explain-text.ts';
import type { Io } from './io.ts';
import type { ExitStatus } from './main.ts';
import { type MomentOption, momentOption } from './moments.ts';
import { type CommonOptions, wholeNumber, withCommonOptions } from './options.ts';
import { print } from './output.ts';
import { withSession } from './session.ts';

interface ExplainOptions extends CommonOptions {
  readonly since?: MomentOption;
  readonly within: number;
}

/** `explain`: the whole way of one plan, from the proposal to what the executor said; exits with 1 when there is no trace of it. */
export function explainCommand(program: Command, io: Io, outcome: ExitStatus): void {
  withCommonOptions(
    program.command('explain').description('the whole way of a plan: what each gate made of it, and why'),
  )
    .argument('<plan_id>', 'the plan, as its producer named it', planIdOf)
    .option('--since <moment>', 'look back to then: 48h, 7d, or a time (default: an hour before it)', momentOption)
    .option('--within <seconds>', 'look for so long at most', wholeNumber(1, HOUR_SEC), 30)
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis explain 8188151ac8e76b73\n  $ portcullis explain 8188151ac8e76b73 --json | jq -r .summary',
    )
    .action(async (planId: string, options: ExplainOptions) =>
      withSession(io, options, async ({ redis, portfolio }) => {
        const handlers = await loadHandlers();
        const sinceMs = options.since?.(await portfolioNowMs(redis, portfolio));
        const withinMs = options.within * 1000;
        const bounds = { withinMs, ...(sinceMs !== undefined && { sinceMs }) };
        const explanation = await explainPlan(redis, portfolio, handlers, planId, bounds);
        print(io, options, explanation, explanationText);
        if (explanation.end === 'unknown') outcome.code = exitCodes.failed;
      }),
    );
}

/** An id that a script left empty would be looked for in every stream. */
function planIdOf(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('expected the id of a plan, got none');
}
