import { expect, it } from 'vitest';
import { evictionProblem, mayEvict, memoryPolicyOf } from '../../../runtime/redis/eviction.ts';

const POLICIES = [
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
];

it('reads the settings of INFO memory, and not its other lines of maxmemory', () => {
  const info = ['# Memory', 'maxmemory:1048576', 'maxmemory_human:1.00M', 'maxmemory_policy:allkeys-lru', ''].join(
    '\r\n',
  );
  expect(memoryPolicyOf(info)).toEqual({ maxMemory: 1_048_576, policy: 'allkeys-lru' });
  expect(memoryPolicyOf('# Memory\r\n')).toEqual({ maxMemory: 0, policy: '' });
});

it.each(POLICIES)('%s evicts, from the first byte of a limit on', (policy) => {
  expect(mayEvict({ maxMemory: 0, policy })).toBe(false);
  expect(mayEvict({ maxMemory: 1, policy })).toBe(true);
});

it('noeviction never does; a server that does not say its policy is taken to', () => {
  expect(mayEvict({ maxMemory: 1, policy: 'noeviction' })).toBe(false);
  expect(mayEvict({ maxMemory: 1, policy: '' })).toBe(true);
});

it('says what was expected, what was found and what to do', () => {
  expect(evictionProblem({ maxMemory: 0, policy: 'allkeys-lru' })).toBe('');
  expect(evictionProblem({ maxMemory: 5, policy: 'allkeys-lru' })).toMatch(
    /^expected a Redis that evicts nothing, got maxmemory 5 with maxmemory-policy allkeys-lru: .*CONFIG SET maxmemory-policy noeviction/,
  );
});
