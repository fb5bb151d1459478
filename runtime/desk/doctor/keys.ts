import type { Redis } from 'ioredis';
import { keys, streams } from '../../../schemas/keys.ts';
import { gateModes } from '../../engine/policy/modes.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { broken, type Finding, ok } from './findings.ts';

const HASHES: readonly string[] = [
  keys.governorState,
  keys.reserved,
  keys.effectProof,
  keys.heatState,
  keys.lastKnownGood,
  keys.clusterMap,
  keys.clusterState,
  ...Object.keys(gateModes).map(keys.policy),
];
const HISTORIES: readonly string[] = Object.keys(gateModes).map(keys.policyHistory);
const SORTED_SETS: readonly string[] = [keys.execs, keys.outstanding, keys.governorErrors, keys.plannedSymbols];
const OUTPUTS: readonly string[] = [
  streams.calibrated,
  streams.heatHistory,
  streams.violations,
  streams.governorEvents,
  streams.decisions,
  streams.ledger,
];

/** Whether every key the gates share is of the type they read and write; one that is not holds them, or fails them closed. */
export async function keyFindings(redis: Redis, portfolio: Portfolio): Promise<Finding[]> {
  const expected = [
    ...HASHES.map((name) => [portfolio.key(name), 'hash'] as const),
    ...SORTED_SETS.map((name) => [portfolio.key(name), 'zset'] as const),
    ...HISTORIES.map((name) => [portfolio.key(name), 'stream'] as const),
    ...OUTPUTS.map((name) => [portfolio.streamKey(name), 'stream'] as const),
  ];
  const found = await Promise.all(expected.map(async ([key, type]) => wrongType(key, type, await redis.type(key))));
  const wrong = found.filter((finding) => finding !== undefined);
  return wrong.length > 0 ? wrong : [ok('keys', 'those that exist are of the right type')];
}

function wrongType(key: string, expected: string, found: string): Finding | undefined {
  if (found === 'none' || found === expected) return undefined;
  return broken('keys', `${key} is a ${found}, where a ${expected} belongs`, 'Rename it or delete it.');
}
