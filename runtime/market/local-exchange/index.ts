import type { AddressInfo } from 'node:net';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { type CandleSeries, may2021Candles } from './candles.ts';
import { type ExchangeClock, wallClock } from './clock.ts';
import { type Command, obey } from './commands.ts';
import { Faults } from './faults.ts';
import { ListenKeys } from './listen-keys.ts';
import { MarketStreams } from './market-streams.ts';
import { type FilledOrder, type MarketOrder, Orders } from './orders.ts';
import { type AnsweredRequest, exchangeServer } from './server.ts';
import { type OpenStream, Streams } from './streams.ts';
import { expiredEvent, fillEvents } from './user-events.ts';
import { type AccountOptions, type KeptAccount, Venue } from './venue.ts';
import { Weights } from './weights.ts';

const WEIGHT_LIMIT = 2400;
const LISTEN_KEY_VALID_MS = HOUR_MS;

/** What a local exchange is to be. */
export interface LocalExchangeOptions {
  readonly accounts: readonly AccountOptions[];
  /** Loopback port; a free one without it. */
  readonly port?: number;
  /** The time on the wall without it. */
  readonly clock?: ExchangeClock;
  /** What is traded; without it May 2021 hour by hour, laid so that it goes on from now. */
  readonly candles?: CandleSeries;
  /** Milliseconds by the wall; 60 minutes without it. */
  readonly listenKeyValidMs?: number;
  /** Request weight in a minute; 2400 without it. */
  readonly weightLimit?: number;
}

/** An order without HTTP: filled at `price`, else at the mark, and told to the account's stream. */
export interface DirectOrder extends Omit<MarketOrder, 'positionSide' | 'reduceOnly'> {
  readonly apiKey: string;
  readonly positionSide?: MarketOrder['positionSide'];
  readonly reduceOnly?: boolean;
}

/** A running local exchange. */
export interface LocalExchange {
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `ws://127.0.0.1:port` */
  readonly wsUrl: string;
  /** Makes it do something wrong, or changes something; throws when the command is none. */
  control(command: Command): void;
  /** Fills an order; throws its refusal. */
  fill(order: DirectOrder): FilledOrder;
  /** The requests answered so far, oldest first, at most 10,000. */
  requests(): readonly AnsweredRequest[];
  /** The sockets that are open. */
  streams(): readonly OpenStream[];
  /** Cuts every connection and lets the port go. */
  stop(): Promise<void>;
}

/**
 * Starts an exchange on loopback that speaks Binance USD-M futures: REST and WebSocket, with signatures, weights and errors
 * as the real one. Orders fill at the mark at once; fees, funding and liquidation are left out. Its accounts live as long as it does.
 */
export async function startLocalExchange(options: LocalExchangeOptions): Promise<LocalExchange> {
  const clock = options.clock ?? wallClock();
  const venue = new Venue(clock, options.candles ?? may2021Candles({ nowMs: clock.nowMs() }), options.accounts);
  const listenKeys = new ListenKeys(options.listenKeyValidMs ?? LISTEN_KEY_VALID_MS, (listenKey) => {
    streams.tell(listenKey, [expiredEvent(venue, listenKey)]);
  });
  const streams = new Streams(venue, listenKeys, new MarketStreams(venue));
  const weights = new Weights(options.weightLimit ?? WEIGHT_LIMIT);
  const faults = new Faults();
  const orders = new Orders(venue);
  const onFilled = (kept: KeptAccount, done: FilledOrder) => {
    streams.tell(listenKeys.keyOf(kept.apiKey) ?? '', fillEvents(venue, kept, done));
  };
  const control = (command: unknown) => obey({ venue, faults, streams, listenKeys }, command);
  const state = () => ({ now_ms: venue.nowMs(), streams: streams.open(), requests });
  const parts = { venue, orders, listenKeys, weights, weightLimit: weights.limit, faults, control, state, onFilled };
  const { app, requests } = exchangeServer(parts);
  streams.attach(app.server);
  await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  const stopTicks = clock.onTick(() => streams.tick());
  const { port } = app.server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    control,
    fill: (order) => fillDirectly(venue, orders, order, onFilled),
    requests: () => requests,
    streams: () => streams.open(),
    stop: async () => {
      stopTicks();
      listenKeys.stop();
      streams.stop();
      await app.close();
    },
  };
}

function fillDirectly(
  venue: Venue,
  orders: Orders,
  order: DirectOrder,
  onFilled: (kept: KeptAccount, done: FilledOrder) => void,
): FilledOrder {
  const { apiKey, positionSide = 'BOTH', reduceOnly = false, ...rest } = order;
  const kept = venue.requireAccount(apiKey);
  const done = orders.fill(kept, { ...rest, positionSide, reduceOnly });
  onFilled(kept, done);
  return done;
}
