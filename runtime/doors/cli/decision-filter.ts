import { type Command, Option } from 'commander';
import type { DecisionFilter } from '../../desk/decisions/decisions.ts';
import { handlerFilter, namesOf } from '../../desk/decisions/handler-filter.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { usageError } from './errors.ts';
import { filtered, valued } from './values.ts';

/** Options that say which decisions are meant. */
export interface FilterOptions {
  readonly gate?: string;
  readonly symbol?: string;
  readonly verdict?: string;
  readonly reason?: string;
}

/** Adds `--gate`, `--symbol`, `--verdict`, `--reason` and the option that says who asked; each leaves out what it names after `!`. */
export function withFilterOptions(command: Command, asker: '--strategy' | '--asked-by' = '--strategy'): Command {
  return withAskerOption(command, asker)
    .addOption(
      valued(
        new Option('--gate <name>', "only of this gate, or of this one handler; '!NAME': of all others"),
        filtered,
      ),
    )
    .option('--symbol <symbol>', "only of this symbol; '!SYMBOL': of all others")
    .option('--verdict <verdict>', "only with this verdict, such as BLOCK; '!BUDGETS': with all others")
    .option('--reason <reason>', 'only with this reason, such as symbol_cooldown; with ! before it: with all others');
}

/** Adds the option that says which strategy asked; `--asked-by` where `--strategy` is one that is played. */
export function withAskerOption(command: Command, asker: '--strategy' | '--asked-by'): Command {
  return command.option(
    `${asker} <name>`,
    "only what this strategy asked for, default: what names none; '!NAME': all others",
  );
}

/** The filter that the options ask for; throws a usage error for a gate that does not exist, naming those that do. */
export async function filterOf(options: FilterOptions, strategy?: string): Promise<DecisionFilter> {
  const { gate, symbol, verdict, reason } = options;
  return {
    ...(gate !== undefined && (await gateFilter(gate))),
    ...(symbol !== undefined && { symbol }),
    ...(verdict !== undefined && { verdict }),
    ...(reason !== undefined && { reason }),
    ...(strategy !== undefined && { strategy }),
  };
}

async function gateFilter(gate: string): Promise<DecisionFilter> {
  const handlers = await loadHandlers();
  const filter = handlerFilter(gate, handlers);
  if (filter !== undefined) return filter;
  throw usageError(`expected a gate of ${namesOf(handlers).join(', ')}, got ${JSON.stringify(gate)}`);
}
