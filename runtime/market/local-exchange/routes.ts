import { parseNumber } from '../../../schemas/number.ts';
import { type AnswerVersion, accountAnswer, balanceAnswer, incomeAnswer, riskAnswer } from './account-answers.ts';
import { refusals } from './errors.ts';
import type { ListenKeys } from './listen-keys.ts';
import { exchangeInfoAnswer, fundingAnswer, klinesAnswer, klinesLimit, premiumAnswer } from './market-answers.ts';
import { type FilledOrder, type Orders, orderAnswer, orderOf } from './orders.ts';
import type { KeptAccount, Venue } from './venue.ts';

const HIGHEST_LEVERAGE = 125;

/** What a route needs to answer: the parameters of query and body, and for all but public ones the account of the key. */
export interface Asked {
  readonly parameters: URLSearchParams;
  readonly kept: KeptAccount;
}

/** What a request must bring: nothing, a key, or a key and a signature. */
export type Security = 'none' | 'key' | 'signed';

/** One path of the exchange. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly security: Security;
  /** The request weight. */
  weight(parameters: URLSearchParams): number;
  /** The body of the answer; throws a `Refusal`. */
  answer(asked: Asked): unknown;
}

/** What the routes answer from. `onFilled` is told of every order that was filled. */
export interface RouteParts {
  readonly venue: Venue;
  readonly orders: Orders;
  readonly listenKeys: ListenKeys;
  readonly weightLimit: number;
  readonly onFilled: (kept: KeptAccount, done: FilledOrder) => void;
}

/** Every path that a local exchange answers. */
export function exchangeRoutes(parts: RouteParts): readonly Route[] {
  return [...marketRoutes(parts), ...accountRoutes(parts), ...tradeRoutes(parts), ...listenKeyRoutes(parts)];
}

function marketRoutes({ venue, weightLimit }: RouteParts): readonly Route[] {
  const get = (path: string, weight: Route['weight'], answer: Route['answer']): Route => {
    return { method: 'GET', path, security: 'none', weight, answer };
  };
  return [
    get('/fapi/v1/ping', one, () => ({})),
    get('/fapi/v1/time', one, () => ({ serverTime: venue.nowMs() })),
    get('/fapi/v1/exchangeInfo', one, () => exchangeInfoAnswer(venue, weightLimit)),
    get('/fapi/v1/klines', candlesWeight, ({ parameters }) => klinesAnswer(venue, parameters)),
    get('/fapi/v1/fundingRate', one, ({ parameters }) => fundingAnswer(venue, parameters)),
    get('/fapi/v1/premiumIndex', marksWeight, ({ parameters }) => premiumAnswer(venue, parameters.get('symbol'))),
  ];
}

function accountRoutes({ venue }: RouteParts): readonly Route[] {
  const get = (path: string, weight: number, answer: Route['answer']): Route => {
    return { method: 'GET', path, security: 'signed', weight: () => weight, answer };
  };
  const versions = ([2, 3] as const).flatMap((version: AnswerVersion) => [
    get(`/fapi/v${version}/account`, 5, ({ kept }) => accountAnswer(venue, kept, version)),
    get(`/fapi/v${version}/balance`, 5, ({ kept }) => balanceAnswer(venue, kept)),
    get(`/fapi/v${version}/positionRisk`, 5, ({ kept, parameters }) => {
      const symbol = parameters.get('symbol') ?? undefined;
      if (symbol !== undefined) venue.requireSymbol(symbol);
      return riskAnswer(venue, kept, version, symbol);
    }),
  ]);
  return [
    ...versions,
    get('/fapi/v1/income', 30, ({ kept, parameters }) => incomeAnswer(kept, parameters)),
    get('/fapi/v1/positionSide/dual', 30, ({ kept }) => ({ dualSidePosition: kept.account.hedgeMode })),
  ];
}

function tradeRoutes({ venue, orders, onFilled }: RouteParts): readonly Route[] {
  const signed = (method: Route['method'], path: string, answer: Route['answer']): Route => {
    return { method, path, security: 'signed', weight: one, answer };
  };
  return [
    signed('POST', '/fapi/v1/order', ({ kept, parameters }) => {
      const done = orders.fill(kept, orderOf(venue, parameters));
      onFilled(kept, done);
      return orderAnswer(done, parameters.get('newOrderRespType') === 'RESULT' ? 'RESULT' : 'ACK');
    }),
    signed('GET', '/fapi/v1/order', ({ kept, parameters }) => orderAnswer(orders.find(kept, parameters), 'RESULT')),
    signed('POST', '/fapi/v1/leverage', ({ kept, parameters }) => {
      const symbol = parameters.get('symbol') ?? '';
      venue.requireSymbol(symbol);
      const leverage = parseNumber(parameters.get('leverage'));
      if (leverage === undefined || !Number.isInteger(leverage) || leverage < 1 || leverage > HIGHEST_LEVERAGE)
        throw refusals.badLeverage(parameters.get('leverage') ?? '');
      kept.account.leverage.set(symbol, leverage);
      return { leverage, maxNotionalValue: '100000000', symbol };
    }),
    signed('POST', '/fapi/v1/positionSide/dual', ({ kept, parameters }) => {
      if (!kept.account.setHedgeMode(parameters.get('dualSidePosition') === 'true')) throw refusals.positionOpen();
      return { code: 200, msg: 'success' };
    }),
  ];
}

function listenKeyRoutes({ listenKeys }: RouteParts): readonly Route[] {
  const route = (method: Route['method'], answer: Route['answer']): Route => {
    return { method, path: '/fapi/v1/listenKey', security: 'key', weight: one, answer };
  };
  return [
    route('POST', ({ kept }) => ({ listenKey: listenKeys.open(kept.apiKey) })),
    route('PUT', ({ kept }) => {
      if (!listenKeys.extend(kept.apiKey)) throw refusals.noListenKey();
      return { listenKey: listenKeys.keyOf(kept.apiKey) };
    }),
    route('DELETE', ({ kept }) => {
      listenKeys.close(kept.apiKey);
      return {};
    }),
  ];
}

function one(): number {
  return 1;
}

function candlesWeight(parameters: URLSearchParams): number {
  const limit = klinesLimit(parameters);
  if (limit < 100) return 1;
  if (limit < 500) return 2;
  return limit <= 1000 ? 5 : 10;
}

function marksWeight(parameters: URLSearchParams): number {
  return parameters.has('symbol') ? 1 : 10;
}
