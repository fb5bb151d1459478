import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { DecisionFilter } from './decisions.ts';

/** The gates and handlers that a filter may name. */
export function namesOf(handlers: readonly AnyHandler[]): string[] {
  return [...new Set(handlers.flatMap(({ gate, name }) => [gate, name]))];
}

/** The filter by the handlers of a gate, or by one handler; with `!` before it, by all others. Undefined where there is no such gate. */
export function handlerFilter(asked: string, handlers: readonly AnyHandler[]): DecisionFilter | undefined {
  const isLeftOut = asked.startsWith('!');
  const wanted = isLeftOut ? asked.slice(1) : asked;
  const names = handlers.filter(({ name, gate }) => name === wanted || gate === wanted).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return isLeftOut ? { notHandlers: new Set(names) } : { handlers: new Set(names) };
}

/** The handlers that schedules turn. */
export function scheduled(handlers: readonly AnyHandler[]): string[] {
  return handlers.filter(({ on }) => on.kind === 'every').map(({ name }) => name);
}
