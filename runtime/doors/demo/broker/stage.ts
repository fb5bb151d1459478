import { HOUR_MS } from '../../../../schemas/duration.ts';
import { binanceExchange } from '../../../market/exchange/binance/index.ts';
import type { ExchangePort } from '../../../market/exchange/port.ts';
import { AccountCollector } from '../../../market/feeds/account-collector.ts';
import { MarketCollector, type MarketOptions } from '../../../market/feeds/market-collector.ts';
import type { CollectorDeps } from '../../../market/feeds/turns.ts';
import { candlesOf } from '../../../market/local-exchange/candles.ts';
import { type ManualClock, manualClock } from '../../../market/local-exchange/clock.ts';
import { type LocalExchange, startLocalExchange } from '../../../market/local-exchange/index.ts';
import { rulesInWords } from '../../../market/player/rules-in-words.ts';
import { PLAY_HANDLERS, PLAY_SETTINGS } from '../../../market/player/settings.ts';
import type { OpenStage, PlayDeps, RunningGates, Stage } from '../../../market/player/stage.ts';
import { DEMO_STRATEGY } from '../../../market/player/strategy.ts';
import { countBy } from '../../../market/player/summary.ts';
import { ExchangeBroker, INTERVAL } from './broker.ts';
import { CHECKS_IN_WORDS, ESTIMATE, FeedChecks } from './checks.ts';
import { Fills } from './fills.ts';

/** The account's keys: of an exchange that ends with the demo. */
const KEYS = { apiKey: 'demo-key', apiSecret: 'demo-secret' };

const RULES = rulesInWords(DEMO_STRATEGY);

/** Fills on a local exchange: the gates know of prices, positions and the portfolio what the feeds read there. */
export const EXCHANGE_STAGE: Stage = {
  handlers: [...PLAY_HANDLERS, 'portfolio-state', 'market-state', 'cluster-stress'],
  settings: {
    ...PLAY_SETTINGS,
    MARKET_INTERVAL: INTERVAL,
    MARKET_LOOKBACK: String(ESTIMATE.lookback),
    SIGMA_ESTIMATOR: 'ewma',
    SIGMA_HALF_LIFE: String(ESTIMATE.halfLife),
  },
  rules: {
    ...RULES,
    state:
      'equity, positions, marks, volatilities and clusters are what the feeds make of the answers of a local exchange; ' +
      'the demo publishes none of them',
    volatility: `the gates': what the market feed makes of the exchange's candles; the strategy's own: ${RULES.volatility}`,
    fills:
      'market orders on the exchange, at its mark, which is the close of the hour; without fees, and only ' +
      'with a permit; the core book is bought there by hand',
    checks: CHECKS_IN_WORDS,
  },
  open: openStage,
};

async function openStage(play: PlayDeps, running: RunningGates): Promise<OpenStage> {
  const { market } = play;
  const clock = manualClock(market.closedAtMs(0));
  const local = await startLocalExchange({
    clock,
    candles: candlesOf(market, HOUR_MS, market.closedAtMs(0) - HOUR_MS),
    accounts: [{ ...KEYS, balanceUsd: play.strategy.start_equity_usd }],
  });
  const port = binanceExchange({ environment: 'testnet', ...KEYS, baseUrl: local.url, wsUrl: local.wsUrl });
  try {
    return await openedOn(play, running, { local, port, clock });
  } catch (error) {
    await port.close();
    await local.stop();
    throw error;
  }
}

interface Exchange {
  readonly local: LocalExchange;
  readonly port: ExchangePort;
  readonly clock: ManualClock;
}

async function openedOn(play: PlayDeps, running: RunningGates, { local, port, clock }: Exchange): Promise<OpenStage> {
  const [portfolio] = running.portfolios;
  if (portfolio === undefined) throw new Error('expected a portfolio to play on, got none');
  const redis = running.redisOf(portfolio);
  const deps: CollectorDeps = {
    ...running,
    redis,
    portfolio,
    exchange: port,
    isHolder: () => true,
    pollMs: HOUR_MS,
    fillResults: false,
  };
  const fills = new Fills(port);
  await fills.open();
  const account = new AccountCollector(deps);
  const market: MarketOptions = {
    interval: INTERVAL,
    lookback: ESTIMATE.lookback,
    named: play.market.symbols,
    accountIsRead: true,
    clusterMs: HOUR_MS,
  };
  const candles = new MarketCollector(deps, market);
  const orders = { ...KEYS, url: local.url, nowMs: () => clock.nowMs() };
  const broker = new ExchangeBroker({ ...play, clock, account, candles, fills, orders });
  const checks = new FeedChecks(play.market, play.link, play.account);
  return {
    broker,
    hourJudged: (hour, heat) => checks.hourJudged(hour, heat),
    exchange: () => ({
      name: port.name,
      orders_filled: broker.counts.orders_filled,
      orders_refused: countBy(broker.counts.orders_refused),
      account_readings: broker.counts.account_readings,
      largest_differences: checks.differences(),
    }),
    close: async () => {
      fills.close();
      await port.close();
      await Promise.all([account.stop(), candles.stop()]);
      await local.stop();
    },
  };
}
