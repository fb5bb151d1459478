import type { Command } from 'commander';
import type { DecisionFilter } from '../../desk/decisions/decisions.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { usageError } from './errors.ts';

/** Options that say which decisions are meant. */
export interface FilterOptions {
  readonly gate?: string;
  readonly symbol?: string;
  readonly verdict?: string;
  readonly reason?: string;
}

/** Adds `--gate`, `--symbol`, `--verdict` and `--reason`. */
export function withFilterOptions(command: Command): Command {
  return command
    .option('--gate <name>', 'only of this gate, or of this one handler')
    .option('--symbol <symbol>', 'only of this symbol')
    .option('--verdict <verdict>', 'only with this verdict, such as BLOCK')
    .option('--reason <reason>', 'only with this reason, such as symbol_cooldown');
}

/** The filter that the options ask for; throws a usage error for a gate that does not exist, naming those that do. */
export async function filterOf(options: FilterOptions): Promise<DecisionFilter> {
  const { gate, symbol, verdict, reason } = options;
  return {
    ...(gate !== undefined && { handlers: await handlersOf(gate) }),
    ...(symbol !== undefined && { symbol }),
    ...(verdict !== undefined && { verdict }),
    ...(reason !== undefined && { reason }),
  };
}

async function handlersOf(gate: string): Promise<ReadonlySet<string>> {
  const handlers = await loadHandlers();
  const names = handlers.filter((handler) => handler.name === gate || handler.gate === gate).map(({ name }) => name);
  if (names.length > 0) return new Set(names);
  const known = new Set(handlers.flatMap((handler) => [handler.gate, handler.name]));
  throw usageError(`expected a gate of ${[...known].join(', ')}, got ${JSON.stringify(gate)}`);
}
