import type { Redis } from 'ioredis';
import { span } from '../../../schemas/amount-text.ts';
import type { FeedName } from '../../../schemas/feed.ts';
import { keys } from '../../../schemas/keys.ts';
import { type SigmaGap, sigmaGaps } from '../../../schemas/market-state.ts';
import { staleAfterMs } from '../../market/feeds/portfolio-feeds.ts';
import { deafProblem, feedProblem, readDoubt, readFeedStatus } from '../../market/feeds/status.ts';
import { type WatchOptions, watchedSymbols } from '../../market/feeds/watched-symbols.ts';
import { redisNowMs } from '../../redis/clock.ts';
import type { FeedSettings } from '../../settings/feed-settings.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { broken, type Finding, ok, said, warn } from './findings.ts';

const DEAF = 'It is opened again by itself; see that nothing between here and the exchange refuses WebSockets.';

/** Whether each feed that is configured is fresh, and what to do where one is not. */
export async function feedFindings(redis: Redis, portfolio: Portfolio, settings: FeedSettings): Promise<Finding[]> {
  const feeds = settings.feeds.filter((feed) => feed !== 'account' || settings.accounts.has(portfolio.prefix));
  if (feeds.length === 0) return [];
  const nowMs = await redisNowMs(redis);
  const findings: Finding[] = [];
  for (const feed of feeds) findings.push(await feedFinding(redis, portfolio, settings, { feed, nowMs }));
  const doubt = feeds.includes('account') ? await readDoubt(redis, portfolio) : undefined;
  const deaf = feeds.includes('account')
    ? deafProblem(await readFeedStatus(redis, portfolio, 'account'), nowMs)
    : undefined;
  if (feeds.includes('market')) {
    findings.push(
      ...(await heldWithoutSigma(redis, portfolio, { named: [], accountIsRead: feeds.includes('account') }, nowMs)),
    );
  }
  if (deaf !== undefined) findings.push(warn('account events', deaf, DEAF));
  if (doubt !== undefined) findings.push(warn('account trust', doubt, 'It ends with the next reading that agrees.'));
  return findings;
}

/** Symbols that are held and of which the market has no sigma of now: the last one is kept, and none comes after it. */
async function heldWithoutSigma(
  redis: Redis,
  portfolio: Portfolio,
  options: WatchOptions,
  nowMs: number,
): Promise<Finding[]> {
  const { held } = await watchedSymbols(redis, portfolio, options, nowMs);
  const states = await Promise.all([...held].map((symbol) => sigmaState(redis, portfolio, symbol)));
  const delisted = states.filter(({ reason }) => reason === 'not_trading').map(({ symbol }) => symbol);
  const others = states.filter(({ reason }) => reason !== undefined && reason !== 'not_trading').map(sigmaText);
  const findings: Finding[] = [];
  if (delisted.length > 0) {
    const problem = `held and not traded by the exchange: ${delisted.join(', ')}; heat and budgets go by the last sigma`;
    findings.push(warn('market trading', problem, 'Close the position, or see at the exchange how it is settled.'));
  }
  if (others.length > 0) {
    const problem = `held without a sigma of now: ${others.join(', ')}`;
    findings.push(
      warn(
        'market sigma',
        problem,
        'See why the exchange gives no candles of it; docs/feeds.md says what each reason means.',
      ),
    );
  }
  return findings;
}

interface SigmaState {
  readonly symbol: string;
  /** Why the market says no sigma; undefined where it says one, or nothing is known of it. */
  readonly reason: SigmaGap | undefined;
  readonly isKept: boolean;
}

async function sigmaState(redis: Redis, portfolio: Portfolio, symbol: string): Promise<SigmaState> {
  try {
    const [said, sigma] = await redis.hmget(portfolio.key(keys.market(symbol)), 'reason', 'sigma');
    return { symbol, reason: sigmaGaps.find((gap) => gap === said), isKept: sigma !== null };
  } catch {
    return { symbol, reason: undefined, isKept: false };
  }
}

function sigmaText({ symbol, reason, isKept }: SigmaState): string {
  return `${symbol} (${reason}; ${isKept ? 'heat and budgets go by the last one' : 'it is not in the heat'})`;
}

async function feedFinding(
  redis: Redis,
  portfolio: Portfolio,
  settings: FeedSettings,
  { feed, nowMs }: { readonly feed: FeedName; readonly nowMs: number },
): Promise<Finding> {
  const status = await readFeedStatus(redis, portfolio, feed);
  const every = { pollMs: settings.pollMs, market: { clusterMs: settings.clusterMs } };
  const problem = feedProblem(status, nowMs, staleAfterMs(feed, every));
  const check = `feed ${feed}`;
  if (problem !== undefined) {
    const dead = broken(check, problem, todo(status?.pauseReason ?? '', status === undefined));
    return said(dead, `The feed ${feed} is dead: ${problem}`);
  }
  const age = (nowMs - (status?.lastSuccessMs ?? nowMs)) / 1000;
  return ok(check, `from ${status?.source ?? '?'} by ${status?.worker ?? '?'}, ${span(age)} old`);
}

function todo(pauseReason: string, isMissing: boolean): string {
  if (isMissing) return 'portcullis start, with the same settings, collects it.';
  if (pauseReason === 'auth') return 'Correct the key, its secret or its permissions at the exchange, and start again.';
  if (pauseReason === '') return 'It goes on by itself once the exchange answers and a worker runs.';
  return 'It goes on by itself once the exchange lets it; use the key and this address for nothing else.';
}
