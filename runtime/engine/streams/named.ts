import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { outputsOf } from '../../../handlers/contract/streams.ts';
import { keys, runtimeKeys, streams } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { modalGates } from '../policy/modal-gates.ts';
import { type LaneRef, streamsOf } from './lanes.ts';

/** A stream by the name operators use (`apply.plan`, `apply.plan.dlq`, `tick.heat-monitor`) and by its whole key. */
export interface NamedStream {
  readonly name: string;
  readonly key: string;
}

/** Every stream that is read or written for a portfolio, each once: those of the contract, of the lanes, their dead letters, and our own histories. */
export function everyStream(
  handlers: readonly AnyHandler[],
  lanes: readonly LaneRef[],
  portfolio: Portfolio,
): NamedStream[] {
  const read = streamsOf(lanes, portfolio);
  const all = [
    ...read,
    ...[...Object.values(streams), ...outputsOf(handlers).map(({ name }) => name)].map((name) => ({
      name,
      key: portfolio.streamKey(name),
    })),
    ...read.map(({ name, deadLetters }) => ({ name: `${name}.dlq`, key: deadLetters })),
    ...modalGates(handlers).map(({ gate }) => ({ name: `policy.history:${gate}`, key: historyOf(portfolio, gate) })),
    { name: 'plan_index', key: portfolio.key(runtimeKeys.planIndex) },
  ];
  const byKey = new Map<string, NamedStream>();
  const names = new Set<string>();
  for (const { name, key } of all) {
    if (byKey.has(key)) continue;
    byKey.set(key, { name: names.has(name) ? key : name, key });
    names.add(name);
  }
  return [...byKey.values()];
}

function historyOf(portfolio: Portfolio, gate: string): string {
  return portfolio.key(keys.policyHistory(gate));
}
