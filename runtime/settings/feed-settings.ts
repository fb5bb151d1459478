import { z } from 'zod';
import { reportedFigures, riskSettings } from '../../schemas/book-risk.ts';
import { HOUR_SEC } from '../../schemas/duration.ts';
import { type FeedName, feedNames } from '../../schemas/feed.ts';
import {
  alternatives,
  booleanSetting,
  choiceSetting,
  integerSetting,
  listSetting,
  optionalNameSetting,
  quoted,
} from '../../schemas/setting.ts';
import { endpointsOf } from './binance-endpoints.ts';

/** Like a name, but a value that cannot be used is not shown. */
function secretSetting() {
  return z
    .string()
    .regex(/^[!-~]+$/, 'expected printable ASCII without blanks (its value is not shown)')
    .optional();
}

/** The settings of the feeds by their names in the environment (contract §5). */
export const feedEnvironment = {
  FEEDS: listSetting([]),
  FEED_POLL_SEC: integerSetting(1, 10, 5),
  FEED_CLUSTER_SEC: integerSetting(5, HOUR_SEC, 60),
  FEED_FILL_RESULTS: booleanSetting(false),
  MARKET_SYMBOLS: listSetting([]),
  BINANCE_ENV: choiceSetting(['testnet', 'production'], 'testnet'),
  BINANCE_TESTNET_API_KEY: secretSetting(),
  BINANCE_TESTNET_API_SECRET: secretSetting(),
  BINANCE_API_KEY: secretSetting(),
  BINANCE_API_SECRET: secretSetting(),
  BINANCE_BASE_URL: optionalNameSetting(),
  BINANCE_WS_URL: optionalNameSetting(),
} as const;

const Values = z.object({ ...feedEnvironment, ...riskSettings });
/** A figure that judges, or that a limit of the governor rests on, is known for 30 s: it is computed at least this often. */
const FIGURES_EVERY_MS = 10_000;

/** The account of a portfolio: where it is, and the key to it. */
export interface AccountKeys {
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** What the feeds are told; `feeds` is empty where nothing is collected. */
export interface FeedSettings {
  readonly feeds: readonly FeedName[];
  readonly pollMs: number;
  /** Whether a fill of an order that may open counts as the result of its plan. */
  readonly fillResults: boolean;
  readonly clusterMs: number;
  readonly symbols: readonly string[];
  readonly environment: 'testnet' | 'production';
  readonly baseUrl: string | undefined;
  readonly wsUrl: string | undefined;
  /** Portfolio prefix → the keys of its account. */
  readonly accounts: ReadonlyMap<string, AccountKeys>;
}

/** Reads the settings of the feeds; what is wrong or odd is added to `problems` and `warnings`, never with a key in it. */
export function readFeedSettings(
  settings: Readonly<Record<string, string>>,
  portfolios: readonly string[],
  found: { readonly problems: string[]; readonly warnings: string[] },
): FeedSettings {
  const values = Values.safeParse(settings).data ?? Values.parse({});
  const environment = values.BINANCE_ENV;
  const start = environment === 'production' ? 'BINANCE_API' : 'BINANCE_TESTNET_API';
  const accounts = new Map<string, AccountKeys>();
  for (const [at, prefix] of portfolios.entries()) {
    const keys = accountKeys(settings, { start, prefix, isFirst: at === 0 }, (line) => found.warnings.push(line));
    if (keys !== undefined) accounts.set(prefix, keys);
  }
  const feeds = chosenFeeds(values.FEEDS, accounts.size > 0, found.problems);
  if (feeds.includes('account') && accounts.size === 0) {
    found.problems.push(`FEEDS: account needs ${start}_KEY and ${start}_SECRET, got none`);
  }
  if (feeds.includes('cluster') && !feeds.includes('market')) {
    found.problems.push('FEEDS: expected market beside cluster, which rests on its candles');
  }
  try {
    endpointsOf(environment, values.BINANCE_BASE_URL, values.BINANCE_WS_URL);
  } catch (error) {
    found.problems.push(error instanceof Error ? error.message : String(error));
  }
  if (environment === 'testnet' && settings.BINANCE_API_KEY !== undefined) {
    found.warnings.push(
      'BINANCE_API_KEY changes nothing: it is a key of the real exchange, and needs BINANCE_ENV=production',
    );
  }
  return {
    feeds,
    pollMs: values.FEED_POLL_SEC * 1000,
    fillResults: values.FEED_FILL_RESULTS,
    clusterMs: Math.min(
      values.FEED_CLUSTER_SEC * 1000,
      reportedFigures(values).length === 0 ? Infinity : FIGURES_EVERY_MS,
    ),
    symbols: values.MARKET_SYMBOLS,
    environment,
    baseUrl: values.BINANCE_BASE_URL,
    wsUrl: values.BINANCE_WS_URL,
    accounts,
  };
}

/** Whether the account of a portfolio is read, and its positions therefore written by us. */
export function collectsAccount({ feeds, accounts }: FeedSettings, prefix: string): boolean {
  return feeds.includes('account') && accounts.has(prefix);
}

/** The end of a setting's name that is of one portfolio alone: `{fund-a}` → `FUND_A`. */
export function portfolioSuffix(prefix: string): string {
  return prefix
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '_')
    .replaceAll(/^_+|_+$/g, '');
}

/** Without a suffix a key is that of the first portfolio. Half of a pair is odd and not wrong: the originals' file has one. */
function accountKeys(
  settings: Readonly<Record<string, string>>,
  { start, prefix, isFirst }: { readonly start: string; readonly prefix: string; readonly isFirst: boolean },
  warn: (line: string) => void,
): AccountKeys | undefined {
  const ends = [`__${portfolioSuffix(prefix)}`, ...(isFirst ? [''] : [])];
  for (const end of ends) {
    const [keyName, secretName] = [`${start}_KEY${end}`, `${start}_SECRET${end}`];
    const [apiKey, apiSecret] = [settings[keyName], settings[secretName]];
    if (apiKey === undefined && apiSecret === undefined) continue;
    if (apiKey !== undefined && apiSecret !== undefined) return { apiKey, apiSecret };
    const [given, missing] = apiKey === undefined ? [secretName, keyName] : [keyName, secretName];
    warn(`${given} changes nothing: no account is read without ${missing} beside it`);
    return undefined;
  }
  return undefined;
}

function chosenFeeds(said: readonly string[], hasKeys: boolean, problems: string[]): readonly FeedName[] {
  const words = said.map((word) => word.toLowerCase());
  if (words.length === 0) return hasKeys ? feedNames : [];
  if (words.length === 1 && words[0] === 'off') return [];
  const known: readonly string[] = feedNames;
  for (const word of words.filter((one) => !known.includes(one))) {
    problems.push(`FEEDS: expected off, or a comma list of ${alternatives(feedNames)}, got ${quoted(word)}`);
  }
  return feedNames.filter((feed) => words.includes(feed));
}
