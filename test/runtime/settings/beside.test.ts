import { expect, it } from 'vitest';
import { loadSettings, SettingsError } from '../../../runtime/settings/load.ts';

const BESIDE = { OUTPUT_PREFIX: 'b', GROUP_SUFFIX: '-b' };
const KEYS = { BINANCE_TESTNET_API_KEY: 'k', BINANCE_TESTNET_API_SECRET: 's' };

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    loadSettings(env, []);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

it.each([
  [{ GROUP_SUFFIX: '-b' }, 'OUTPUT_PREFIX: expected a prefix beside GROUP_SUFFIX, got none'],
  [{ OUTPUT_PREFIX: 'b' }, 'GROUP_SUFFIX: expected one beside OUTPUT_PREFIX, got none'],
  [{ ...BESIDE, OUTPUT_PREFIX: 'quantum' }, "OUTPUT_PREFIX: expected a prefix that is no portfolio's"],
  [{ ...BESIDE, OUTPUT_PREFIX: 'a:b' }, 'without blanks and ":", got "a:b"'],
  [{ ...BESIDE, PORTFOLIOS: 'a,c' }, 'OUTPUT_PREFIX: expected one portfolio in PORTFOLIOS, got several'],
  [{ ...BESIDE, FEEDS: 'market' }, 'FEEDS: expected off beside OUTPUT_PREFIX'],
  [{ ...BESIDE, ...KEYS }, 'FEEDS: expected off beside OUTPUT_PREFIX'],
  [{ ...BESIDE, TRIM_INPUTS: '1' }, 'TRIM_INPUTS: expected false beside OUTPUT_PREFIX'],
  [{ ...BESIDE, P28_TEST_MODE: '1' }, 'P28_TEST_MODE: expected false beside OUTPUT_PREFIX'],
])('%j stops the start: %s', (env, says) => {
  expect(problemsOf(env)).toEqual([expect.stringContaining(says)]);
});

it.each([[BESIDE], [{ ...BESIDE, PORTFOLIOS: '{a}', OUTPUT_PREFIX: '{a}-b' }], [{ ...BESIDE, ...KEYS, FEEDS: 'off' }]])(
  '%j does not',
  (env) => {
    expect(problemsOf(env)).toEqual([]);
  },
);
