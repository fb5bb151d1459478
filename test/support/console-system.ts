import { Redis } from 'ioredis';
import { operationsOn } from '../../runtime/desk/operations/operations.ts';
import { runDemo } from '../../runtime/doors/demo/index.ts';
import { DEMO_PREFIX } from '../../runtime/doors/demo/prefix.ts';
import type { HttpOptions } from '../../runtime/doors/http/context.ts';
import { type RunningHttp, startHttp } from '../../runtime/doors/http/server.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { lanesOf } from '../../runtime/engine/streams/lanes.ts';
import { PLAY_SETTINGS } from '../../runtime/market/player/settings.ts';
import type { FeedSettings } from '../../runtime/settings/feed-settings.ts';
import { type Portfolio, portfolioOf } from '../../runtime/settings/portfolio.ts';
import { httpOptions, knownOf } from './http.ts';
import { startSystem, type TestSystem } from './system.ts';

/** The operator's and the viewer's token of the system. */
export const OPERATOR = 'an-operator-of-this-test';
/** The viewer's. */
export const VIEWER = 'a-viewer-of-this-test';

/** The demo's portfolio at the end of its month, with running gates and HTTP. Its clock stands still: nothing gets stale. */
export interface ConsoleSystem {
  readonly system: TestSystem;
  readonly http: RunningHttp;
  readonly base: string;
  readonly redis: Redis;
  readonly prefix: string;
  /** A one-time link into the console, as operator. */
  link(): Promise<string>;
  /** Proposes exits and resolves when they are written; the gates judge them as they come. */
  propose(count: number, planPrefix: string): Promise<void>;
  stop(): Promise<void>;
}

/** Plays the month on a Redis that nobody else uses. */
export async function playMonth(redisUrl: string, hours?: number): Promise<void> {
  const silent = { write: () => true };
  const code = await runDemo({
    json: true,
    redisUrl,
    out: silent,
    err: silent,
    ...(hours !== undefined && { hours }),
  });
  if (code !== 0) throw new Error(`expected the demo to play, got exit code ${code}`);
}

/** Starts the gates on a month that was played, and on other portfolios beside it, and serves the console. */
export async function startConsoleSystem(
  redisUrl: string,
  different: Partial<HttpOptions> = {},
  { others = [], feeds }: { readonly others?: readonly Portfolio[]; readonly feeds?: FeedSettings } = {},
): Promise<ConsoleSystem> {
  const portfolio = portfolioOf(DEMO_PREFIX, { simulatedClock: true });
  const portfolios = [portfolio, ...others];
  const system = await startSystem({ url: redisUrl }, { env: { ...PLAY_SETTINGS }, portfolio, portfolios });
  const handlers = await loadHandlers();
  const redis = new Redis(redisUrl);
  const options = await httpOptions(system.runtime, {
    adminToken: OPERATOR,
    viewerToken: VIEWER,
    operationsOf: (one) =>
      operationsOn(system.runtime.redisOf(one), one, { handlers, lanes: lanesOf(handlers, one), environment: {} }),
    known: { ...knownOf(handlers, { ...PLAY_SETTINGS }), feeds },
    ...different,
  });
  const http = await startHttp(system.runtime, options);
  const stop = async () => {
    await http.close();
    await system.stop();
    redis.disconnect();
  };
  const propose = (count: number, planPrefix: string) => proposed(redis, portfolio.prefix, count, planPrefix);
  const base = http.addresses.find(({ role }) => role === 'http')?.url ?? '';
  const link = async () => (await http.consoleLink()) ?? '';
  return { system, http, base, link, redis, prefix: portfolio.prefix, propose, stop };
}

async function proposed(redis: Redis, prefix: string, count: number, planPrefix: string): Promise<void> {
  const pipeline = redis.pipeline();
  for (let at = 0; at < count; at++) {
    const fields = [
      'plan_id',
      `${planPrefix}-${at}`,
      'symbol',
      'BTCUSDT',
      'action',
      'FULL_CLOSE',
      'reason',
      'take_profit',
    ];
    pipeline.xadd(`${prefix}:stream:harvest.proposal`, '*', ...fields);
  }
  await pipeline.exec();
}
