import { expect, test } from 'vitest';
import { families, isInput, keys, runtimeKeys, streams } from '../../schemas/keys.ts';

test('of the streams, those that other programs write are inputs', () => {
  const inputs = Object.values(streams).filter((name) => isInput(keys.stream(name)));
  expect(inputs).toEqual(['harvest.proposal', 'position.snapshot', 'apply.plan', 'apply.result']);
});

test('every family of hashes that is kept in memory is input', () => {
  expect(Object.values(families).filter((family) => !isInput(`${family}:X`))).toEqual([]);
});

test.each(Object.entries({ ...keys, ...runtimeKeys }).filter(([name]) => name !== 'stream'))(
  '%s is an input if, and only if, another program says it',
  (name, key) => {
    const inputs = [
      'portfolioState',
      'positionSnapshot',
      'positionState',
      'market',
      'clusterStress',
      'clusterMap',
      'clusterState',
      'kill',
    ];
    const whole = typeof key === 'string' ? key : (key as (...parts: string[]) => string)('X', 'Y');
    expect(isInput(whole)).toBe(inputs.includes(name));
  },
);
