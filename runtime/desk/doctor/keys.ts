import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { outputsOf } from '../../../handlers/contract/streams.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { modalGates } from '../../engine/policy/modal-gates.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { broken, type Finding, ok } from './findings.ts';

const HASHES: readonly string[] = [
  keys.governorState,
  keys.reserved,
  keys.strategyUse,
  keys.effectProof,
  keys.heatState,
  keys.lastKnownGood,
  keys.clusterMap,
  keys.clusterState,
];
const SORTED_SETS: readonly string[] = [keys.execs, keys.outstanding, keys.governorErrors, keys.plannedSymbols];

/** Whether every key the gates share is of the type they read and write; one that is not holds them, or fails them closed. */
export async function keyFindings(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
): Promise<Finding[]> {
  const gates = modalGates(handlers).map(({ gate }) => gate);
  const outputs = [...outputsOf(handlers).map(({ name }) => name), streams.decisions, streams.ledger];
  const expected = [
    ...[...HASHES, ...gates.map(keys.policy)].map((name) => [portfolio.key(name), 'hash'] as const),
    ...SORTED_SETS.map((name) => [portfolio.key(name), 'zset'] as const),
    ...gates.map((gate) => [portfolio.key(keys.policyHistory(gate)), 'stream'] as const),
    ...outputs.map((name) => [portfolio.streamKey(name), 'stream'] as const),
  ];
  const found = await Promise.all(expected.map(async ([key, type]) => wrongType(key, type, await redis.type(key))));
  const wrong = found.filter((finding) => finding !== undefined);
  return wrong.length > 0 ? wrong : [ok('keys', 'those that exist are of the right type')];
}

function wrongType(key: string, expected: string, found: string): Finding | undefined {
  if (found === 'none' || found === expected) return undefined;
  return broken('keys', `${key} is a ${found}, where a ${expected} belongs`, 'Rename it or delete it.');
}
