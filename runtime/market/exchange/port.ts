import type {
  AccountAsset,
  AccountFigures,
  AccountPosition,
  BalanceChange,
  ListedTransfer,
} from '../../../schemas/account.ts';
import type { Candle, CandleInterval } from '../../../schemas/candle.ts';
import type { FundingRate } from '../../../schemas/funding.ts';
import type { OrderFilters } from '../../../schemas/market-state.ts';

/**
 * What the feeds need of an exchange account, whichever exchange it is. Every figure is a finite number and every time Unix ms.
 * What could not be read is named in `problems`, in words for an operator, and never stops the rest. Calls reject with an
 * `ExchangeError` (errors.ts), whose `retryAtMs` says from when on another try makes sense.
 */
export interface ExchangePort {
  /** Exchange and environment, such as `binance-usdm-testnet`: what `source` says in the state it leads to. */
  readonly name: string;
  /** Balances and open positions of the account, read now. */
  account(): Promise<AccountReading>;
  /** Mark prices of these symbols, or of all; a symbol without a usable one is a problem. */
  marks(symbols?: readonly string[]): Promise<MarksReading>;
  /** Candles of a symbol by open time, oldest first, paged as needed; the newest is usually still open (`closed` false). */
  candles(symbol: string, interval: CandleInterval, range?: CandleRange): Promise<CandlesReading>;
  /** Funding payments of a symbol since then, in order of time: none between is missing where there is no problem. */
  fundings(symbol: string, sinceMs: number): Promise<FundingsReading>;
  /** Every listed symbol with its trading status. */
  symbols(): Promise<SymbolsReading>;
  /** Deposits into and withdrawals from the account since then, oldest first. */
  transfers(sinceMs: number): Promise<TransfersReading>;
  /** Account and order events as they come, until closed. */
  userEvents(handlers: UserHandlers): Subscription;
  /** Candle updates of these symbols as they come, until closed. */
  klineEvents(symbols: readonly string[], interval: CandleInterval, handlers: KlineHandlers): Subscription;
  /** How the connection to the exchange is, without asking the exchange; holds no key and no signature. */
  health(): ExchangeHealth;
  /** Ends subscriptions and waiting requests; later calls reject. */
  close(): Promise<void>;
}

/** The account as it was between `sentMs` and `readMs` by the exchange's clock: an entry of `feed.account` holds it. */
export interface AccountReading extends AccountFigures {
  readonly assets: readonly AssetBalance[];
  readonly positions: readonly ExchangePosition[];
}

/** What the wallet holds of one asset, in that asset. */
export interface AssetBalance extends AccountAsset {
  readonly unrealizedPnl: number;
}

/** The position of a symbol. */
export interface ExchangePosition extends AccountPosition {
  /** Last change of the position, where the exchange says. */
  readonly updatedMs: number | undefined;
}

/** The mark price of a symbol: above 0. */
export interface MarkPrice {
  readonly symbol: string;
  readonly price: number;
  readonly atMs: number;
  /** When the next funding is paid, Unix ms; undefined where none is, or it is not told. */
  readonly nextFundingMs: number | undefined;
}

/** Funding payments and what could not be read of them. */
export interface FundingsReading {
  readonly fundings: readonly FundingRate[];
  readonly problems: readonly string[];
}

/** Mark prices and what could not be read of them. */
export interface MarksReading {
  readonly marks: readonly MarkPrice[];
  readonly problems: readonly string[];
}

/** A candle as the exchange gave it. */
export interface ExchangeCandle extends Candle {
  readonly symbol: string;
  readonly interval: CandleInterval;
  /** The last millisecond of the candle. */
  readonly closeMs: number;
  /** False while the candle may still change. */
  readonly closed: boolean;
}

/** Both ends by open time, inclusive; `limit` bounds the whole answer (without `startMs`: the newest ones, default 500). */
export interface CandleRange {
  readonly startMs?: number;
  readonly endMs?: number;
  readonly limit?: number;
}

/** Candles, each open time once, and what could not be read of them. */
export interface CandlesReading {
  readonly candles: readonly ExchangeCandle[];
  readonly problems: readonly string[];
}

/** A symbol of the exchange. `tradable` is false for one that is delisted, settling or not yet trading. */
export interface ExchangeSymbol {
  readonly symbol: string;
  readonly status: string;
  readonly tradable: boolean;
  readonly quoteAsset: string;
  /** What its orders have to keep to. */
  readonly filters: OrderFilters;
}

/** The listed symbols and what could not be read of them. */
export interface SymbolsReading {
  readonly symbols: readonly ExchangeSymbol[];
  readonly problems: readonly string[];
}

/** Transfers and what could not be read of them. */
export interface TransfersReading {
  readonly transfers: readonly ListedTransfer[];
  readonly problems: readonly string[];
}

/** Ends what it stands for; may be called twice. */
export interface Subscription {
  close(): void;
}

interface StreamHandlers {
  /** Events may have been missed (first connection included): read everything again. `reason` is for people. */
  onResync(reason: string): void;
  /** Something could not be read, or a connection was lost; the subscription goes on. */
  onProblem(problem: string): void;
}

/** What becomes of the events of an account. Each event comes once, in the order in which the exchange sent it. */
export interface UserHandlers extends StreamHandlers {
  onEvent(event: UserEvent): void;
}

/** What becomes of candle updates; of an open candle only the newest matters. */
export interface KlineHandlers extends StreamHandlers {
  onCandle(candle: ExchangeCandle): void;
}

/** What an account stream tells. */
export type UserEvent = AccountUpdate | OrderUpdate | MarginCall;

interface EventTimes {
  /** When the exchange sent it, and when it happened. */
  readonly eventMs: number;
  readonly transactionMs: number;
  /** A later one of its kind was delivered before: what it says of positions and balances is no longer the newest. */
  readonly late: boolean;
}

/** Balances and positions that changed, and why (`ORDER`, `DEPOSIT`, `WITHDRAW`, `FUNDING_FEE`, … as the exchange spells it). */
export interface AccountUpdate extends EventTimes {
  readonly kind: 'account_update';
  readonly reason: string;
  readonly balances: readonly BalanceChange[];
  /** One item per symbol and side that changed. */
  readonly positions: readonly PositionChange[];
}

/** The quantity of one side of a symbol after a change: signed in one-way mode (`BOTH`) and for `SHORT` negative. */
export interface PositionChange {
  readonly symbol: string;
  readonly side: PositionSide;
  readonly qty: number;
}

/** Which side of a symbol a position is: `BOTH` in one-way mode, the others in hedge mode. */
export type PositionSide = 'BOTH' | 'LONG' | 'SHORT';

/** An order that changed. `tradeId` is undefined when nothing was filled by this change. */
export interface OrderUpdate extends EventTimes {
  readonly kind: 'order_update';
  readonly symbol: string;
  readonly orderId: string;
  readonly clientOrderId: string;
  readonly side: string;
  /** Whether it can only close: said so, of the closing side of a hedge, or made by the exchange itself (a liquidation, a settlement). */
  readonly closes: boolean;
  readonly execution: string;
  readonly status: string;
  readonly tradeId: string | undefined;
  readonly filledQty: number;
  readonly filledPrice: number;
  /** What the fill realised, fees left out; undefined where it could not be read. */
  readonly realizedPnlUsd: number | undefined;
}

/** The exchange warns that positions are near liquidation. */
export interface MarginCall extends EventTimes {
  readonly kind: 'margin_call';
  readonly symbols: readonly string[];
}

/** `off` nothing subscribed, `connecting`, `open`, `waiting` before the next try. */
export type StreamState = 'off' | 'connecting' | 'open' | 'waiting';

/** How the exchange answers. Times are by this machine's clock. */
export interface ExchangeHealth {
  readonly name: string;
  /** Request weight used in the current minute, as the exchange counted it last, and what it allows. */
  readonly usedWeight: number;
  readonly weightLimit: number;
  /** No request is sent before this (429, 418, or a key that was refused); undefined when requests may be sent. */
  readonly pausedUntilMs: number | undefined;
  readonly pauseReason: 'rate_limited' | 'banned' | 'auth' | undefined;
  /** Exchange time − machine time; undefined before it was asked. */
  readonly clockOffsetMs: number | undefined;
  readonly userStream: StreamState;
  readonly klineStream: StreamState;
  /** Last answer that could be used, and the last failure in words. */
  readonly lastSuccessMs: number | undefined;
  readonly lastError: { readonly atMs: number; readonly message: string } | undefined;
}
