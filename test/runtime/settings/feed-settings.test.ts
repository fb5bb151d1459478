import { describe, expect, it, test } from 'vitest';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { portfolioSuffix } from '../../../runtime/settings/feed-settings.ts';
import { handlersToRun, loadSettings, SettingsError, withoutUnusedFeeds } from '../../../runtime/settings/load.ts';
import { feedHandlers } from '../../../schemas/feed.ts';

const handlers = await loadHandlers();
const KEYS = { BINANCE_TESTNET_API_KEY: 'k1', BINANCE_TESTNET_API_SECRET: 's1' };
const REAL = { BINANCE_API_KEY: 'k2', BINANCE_API_SECRET: 's2' };

function feedsOf(env: Readonly<Record<string, string>>) {
  return loadSettings(env, handlers).feeds;
}

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    loadSettings(env, handlers);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

test.each([
  [{ RISK_SHOCK: 'report', RISK_LEVERAGE: 'off' }, ['RISK_SHOCK']],
  [{ RISK_SHOCK: 'report', FEEDS: 'market' }, ['RISK_SHOCK']],
  [{ RISK_SHOCK: 'report', FEEDS: 'market,cluster' }, []],
  [{ RISK_SHOCK: 'report', RISK_CORRELATED_HEAT: 'report', FEEDS: 'off' }, ['RISK_SHOCK', 'RISK_CORRELATED_HEAT']],
  [{ RISK_SHOCK: 'off' }, []],
])('of %j these change nothing, and the start says so: %j', (env, names) => {
  const { warnings } = loadSettings({ ...env }, handlers);
  expect(warnings.map((line) => line.split(' ')[0])).toEqual(names);
});

const JUDGES = { RISK_SHOCK: 'judge', RISK_SHOCK_MIN: '0.3', RISK_SHOCK_MAX: '0.6' };
const CORRELATED = { RISK_CORRELATED_HEAT: 'judge', FEEDS: 'market,cluster' };

test.each([
  [JUDGES, [/^RISK_SHOCK=judge needs another process with the feeds market and cluster: .* nothing opens$/]],
  [{ ...JUDGES, FEEDS: 'market,cluster' }, []],
  [{ ...CORRELATED, RISK_CORRELATED_HEAT_MIN: '0.24', RISK_CORRELATED_HEAT_MAX: '0.64' }, []],
  [
    { ...CORRELATED, RISK_CORRELATED_HEAT_MIN: '0.25', RISK_CORRELATED_HEAT_MAX: '0.7' },
    [
      /^RISK_CORRELATED_HEAT_MIN \(0.25\) decides nothing: expected less than HEAT_MIN \(0.25\)/,
      /^RISK_CORRELATED_HEAT_MAX \(0.7\) decides nothing: expected less than HEAT_MAX \(0.65\)/,
    ],
  ],
])('of %j the start says what is odd', (env, lines) => {
  const { warnings } = loadSettings({ ...env }, handlers);
  expect(warnings).toHaveLength(lines.length);
  for (const [at, line] of lines.entries()) expect(warnings[at]).toMatch(line);
});

test('clusters, and the figures with them, are computed every 10 s at least while a figure is on', () => {
  expect(feedsOf(JUDGES).clusterMs).toBe(10_000);
  expect(feedsOf({ ...JUDGES, FEED_CLUSTER_SEC: '5' }).clusterMs).toBe(5000);
  expect(feedsOf({ RISK_SHOCK: 'report' }).clusterMs).toBe(10_000);
  expect(feedsOf({}).clusterMs).toBe(60_000);
});

test('a start is refused where a figure judges without its limits', () => {
  expect(problemsOf({ RISK_SHOCK: 'judge', RISK_SHOCK_MIN: '0.3' })).toEqual([
    'RISK_SHOCK_MAX: expected a number above 0 beside RISK_SHOCK=judge, got nothing',
  ]);
});

test.each([
  ['nothing said', {}, []],
  ['keys', KEYS, ['account', 'market', 'cluster']],
  ['keys, and off', { ...KEYS, FEEDS: 'off' }, []],
  ['an empty list', { FEEDS: '' }, []],
  ['market alone, without keys', { FEEDS: 'market' }, ['market']],
  ['in any order and case', { FEEDS: 'Cluster, MARKET' }, ['market', 'cluster']],
  ['keys of the real exchange without its environment', REAL, []],
  ['keys of the real exchange', { ...REAL, BINANCE_ENV: 'production' }, ['account', 'market', 'cluster']],
])('feeds with %s', (_what, env, feeds) => {
  expect(feedsOf(env).feeds).toEqual(feeds);
});

test.each([
  [
    'a feed nobody knows',
    { FEEDS: 'market,weather' },
    /^FEEDS: expected off, or a comma list of account, market or cluster, got "weather"$/,
  ],
  [
    'account without keys',
    { FEEDS: 'account' },
    /^FEEDS: account needs BINANCE_TESTNET_API_KEY and BINANCE_TESTNET_API_SECRET, got none$/,
  ],
  ['cluster without market', { FEEDS: 'cluster' }, /^FEEDS: expected market beside cluster/],
  [
    'half a key where an account is asked for',
    { FEEDS: 'account', BINANCE_TESTNET_API_KEY: 'k1' },
    /^FEEDS: account needs BINANCE_TESTNET_API_KEY and BINANCE_TESTNET_API_SECRET, got none$/,
  ],
  [
    'testnet keys in production',
    { ...KEYS, BINANCE_ENV: 'production', FEEDS: 'account' },
    /^FEEDS: account needs BINANCE_API_KEY/,
  ],
  ['a slow poll', { FEED_POLL_SEC: '11' }, /^FEED_POLL_SEC: expected a whole number from 1 to 10, got "11"$/],
  ['fills that are maybe results', { FEED_FILL_RESULTS: 'maybe' }, /^FEED_FILL_RESULTS: expected .*, got "maybe"$/],
  ['an address in clear', { BINANCE_BASE_URL: 'http://example.com' }, /^BINANCE_BASE_URL: expected https/],
])('%s stops the start', (_what, env, problem) => {
  expect(problemsOf(env)).toEqual([expect.stringMatching(problem)]);
});

test('fills are results where that is said, and not otherwise', () => {
  expect([feedsOf(KEYS).fillResults, feedsOf({ ...KEYS, FEED_FILL_RESULTS: 'true' }).fillResults]).toEqual([
    false,
    true,
  ]);
});

test('a secret that cannot be used is not shown', () => {
  const problems = problemsOf({ BINANCE_TESTNET_API_KEY: 'my secret', BINANCE_TESTNET_API_SECRET: 'x' });
  expect(problems.join()).toMatch(/^BINANCE_TESTNET_API_KEY: expected printable ASCII without blanks/);
  expect(problems.join()).not.toContain('my secret');
});

test('a key of the real exchange that is not used is named, and not shown', () => {
  const { warnings } = loadSettings(REAL, handlers);
  expect(warnings).toEqual([expect.stringContaining('BINANCE_API_KEY changes nothing')]);
  expect(warnings.join()).not.toContain('k2');
});

test.each([
  ['BINANCE_TESTNET_API_KEY', 'BINANCE_TESTNET_API_SECRET'],
  ['BINANCE_TESTNET_API_SECRET', 'BINANCE_TESTNET_API_KEY'],
])('%s alone reads no account, and is named and not shown', (given, missing) => {
  const { feeds, warnings } = loadSettings({ [given]: 'k1' }, handlers);
  expect(feeds.feeds).toEqual([]);
  expect(warnings).toEqual([`${given} changes nothing: no account is read without ${missing} beside it`]);
});

describe('keys of a portfolio', () => {
  test.each([
    ['{fund-a}', 'FUND_A'],
    ['quantum', 'QUANTUM'],
    ['a.b--c', 'A_B__C'],
  ])('%s has the suffix %s', (prefix, suffix) => expect(portfolioSuffix(prefix)).toBe(suffix));

  it('are those with its suffix, which come before those without', () => {
    const own = { BINANCE_TESTNET_API_KEY__FUND_A: 'k3', BINANCE_TESTNET_API_SECRET__FUND_A: 's3' };
    const account = (env: Readonly<Record<string, string>>) =>
      feedsOf({ PORTFOLIOS: '{fund-a}', ...env }).accounts.get('{fund-a}');
    expect(account({ ...KEYS, ...own })).toEqual({ apiKey: 'k3', apiSecret: 's3' });
    expect(account(KEYS)).toEqual({ apiKey: 'k1', apiSecret: 's1' });
  });
});

test('handlers of a feed run only where it is configured', () => {
  const names = (feeds: readonly ('account' | 'market' | 'cluster')[], gates: readonly string[] = []) =>
    handlersToRun(gates, handlers, feeds)
      .map(({ name }) => name)
      .filter((name) => Object.values(feedHandlers).some((one) => one === name));
  expect(names([])).toEqual([]);
  expect(names(['market', 'account'])).toEqual(['market-state', 'portfolio-state']);
  expect(names(['account'], ['governor'])).toEqual([]);
  expect(names(['account'], ['feeds'])).toEqual(['portfolio-state']);
  expect(withoutUnusedFeeds({ FEEDS: 'market' }, handlers).map(({ name }) => name)).toContain('market-state');
});
