import { formatNumber } from '../../../schemas/number.ts';
import {
  type AccountFigures,
  type HeldPosition,
  liquidationPriceOf,
  maintenanceOf,
  notionalOf,
  POSITION_SIDES,
  unrealizedOf,
} from './account.ts';
import type { KeptAccount, Venue } from './venue.ts';

/** Version 2 of an answer lists every symbol, version 3 only what is held. */
export type AnswerVersion = 2 | 3;

/** An answer as JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** The body of `GET /fapi/v2/account` and `/fapi/v3/account`. */
export function accountAnswer(venue: Venue, kept: KeptAccount, version: AnswerVersion): Json {
  const figures = shownFigures(kept, kept.account.figures(venue.markOf));
  return {
    ...(version === 2 && { feeTier: 0, canTrade: true, canDeposit: true, canWithdraw: true, updateTime: 0 }),
    ...(version === 2 && { multiAssetsMargin: false, tradeGroupId: -1 }),
    ...totals(figures),
    assets: [assetAnswer('USDT', figures, venue.nowMs()), ...foreignAssets(venue, kept)],
    positions: listed(venue, kept, version).map((position) => accountPosition(venue, kept, position, version)),
  };
}

/** The body of `GET /fapi/v2/balance` and `/fapi/v3/balance`. */
export function balanceAnswer(venue: Venue, kept: KeptAccount): readonly Json[] {
  const figures = kept.account.figures(venue.markOf);
  const own = { asset: 'USDT', balance: figures.walletUsd, unrealized: figures.unrealizedUsd };
  const foreign = [...kept.account.foreignAssets].map(([asset, balance]) => ({ asset, balance, unrealized: 0 }));
  return [own, ...foreign].map(({ asset, balance, unrealized }) => ({
    accountAlias: 'LOCAL',
    asset,
    balance: eight(balance),
    crossWalletBalance: eight(balance),
    crossUnPnl: eight(unrealized),
    availableBalance: eight(asset === 'USDT' ? figures.availableUsd : balance),
    maxWithdrawAmount: eight(asset === 'USDT' ? figures.availableUsd : balance),
    marginAvailable: asset === 'USDT',
    updateTime: venue.nowMs(),
  }));
}

/** The body of `GET /fapi/v2/positionRisk` and `/fapi/v3/positionRisk`, of one symbol or of all. */
export function riskAnswer(
  venue: Venue,
  kept: KeptAccount,
  version: AnswerVersion,
  symbol: string | undefined,
): readonly Json[] {
  return listed(venue, kept, version)
    .filter((position) => symbol === undefined || position.symbol === symbol)
    .map((position) => riskPosition(venue, kept, position, version));
}

/** The body of `GET /fapi/v1/income`: transfers alone, oldest first, from `startTime` on. */
export function incomeAnswer(kept: KeptAccount, query: URLSearchParams): readonly Json[] {
  const sinceMs = Number(query.get('startTime') ?? 0);
  const type = query.get('incomeType') ?? 'TRANSFER';
  const told = type === 'TRANSFER' ? kept.transfers.filter(({ atMs }) => atMs >= sinceMs) : [];
  return told.map(({ id, usd, atMs }) => ({
    symbol: '',
    incomeType: 'TRANSFER',
    income: eight(usd),
    asset: 'USDT',
    info: 'TRANSFER',
    time: atMs,
    tranId: id,
    tradeId: '',
  }));
}

/** Dollars as the exchange writes them: eight digits after the point. */
export function eight(value: number): string {
  return (value === 0 ? 0 : value).toFixed(8);
}

function totals(figures: AccountFigures): Json {
  return {
    totalInitialMargin: eight(figures.initialMarginUsd),
    totalMaintMargin: eight(figures.maintenanceUsd),
    totalWalletBalance: eight(figures.walletUsd),
    totalUnrealizedProfit: eight(figures.unrealizedUsd),
    totalMarginBalance: eight(figures.marginUsd),
    totalPositionInitialMargin: eight(figures.initialMarginUsd),
    totalOpenOrderInitialMargin: eight(0),
    totalCrossWalletBalance: eight(figures.walletUsd),
    totalCrossUnPnl: eight(figures.unrealizedUsd),
    availableBalance: eight(figures.availableUsd),
    maxWithdrawAmount: eight(figures.availableUsd),
  };
}

function assetAnswer(asset: string, figures: AccountFigures, updateTime: number): Json {
  return {
    asset,
    walletBalance: eight(figures.walletUsd),
    unrealizedProfit: eight(figures.unrealizedUsd),
    marginBalance: eight(figures.marginUsd),
    maintMargin: eight(figures.maintenanceUsd),
    initialMargin: eight(figures.initialMarginUsd),
    positionInitialMargin: eight(figures.initialMarginUsd),
    openOrderInitialMargin: eight(0),
    crossWalletBalance: eight(figures.walletUsd),
    crossUnPnl: eight(figures.unrealizedUsd),
    availableBalance: eight(figures.availableUsd),
    maxWithdrawAmount: eight(figures.availableUsd),
    marginAvailable: asset === 'USDT',
    updateTime,
  };
}

function foreignAssets(venue: Venue, { account }: KeptAccount): readonly Json[] {
  return [...account.foreignAssets].map(([asset, balance]) =>
    assetAnswer(asset, { ...NOTHING, walletUsd: balance, marginUsd: balance, availableUsd: balance }, venue.nowMs()),
  );
}

const NOTHING: AccountFigures = {
  walletUsd: 0,
  unrealizedUsd: 0,
  marginUsd: 0,
  initialMarginUsd: 0,
  maintenanceUsd: 0,
  availableUsd: 0,
};

/** The true figures, or, while that was asked for, those of another margin balance; each reading uses one up. */
function shownFigures(kept: KeptAccount, figures: AccountFigures): AccountFigures {
  if (kept.shown.readings <= 0) return figures;
  kept.shown.readings -= 1;
  const { usd } = kept.shown;
  const availableUsd = Math.max(0, usd - figures.initialMarginUsd);
  return { ...figures, marginUsd: usd, walletUsd: usd - figures.unrealizedUsd, availableUsd };
}

/** The positions an answer lists: what is held, and where asked for the flat ones of every symbol. */
function listed(venue: Venue, { account }: KeptAccount, version: AnswerVersion): readonly HeldPosition[] {
  const held = account.positions();
  if (version === 3 && !venue.oddities.listFlat) return held;
  const sides = account.hedgeMode ? POSITION_SIDES : (['BOTH'] as const);
  return venue.series.symbols.flatMap((symbol) =>
    sides.map((side) => {
      const position = held.find((one) => one.symbol === symbol && one.side === side);
      return position ?? { symbol, side, qty: 0, entryPrice: 0, realizedUsd: 0, updatedMs: 0 };
    }),
  );
}

function margins(venue: Venue, { account }: KeptAccount, position: HeldPosition): Json {
  const initial = notionalOf(position, venue.markOf) / account.leverageOf(position.symbol);
  return {
    initialMargin: eight(initial),
    maintMargin: eight(maintenanceOf(position, venue.markOf)),
    positionInitialMargin: eight(initial),
    openOrderInitialMargin: '0',
  };
}

function accountPosition(venue: Venue, kept: KeptAccount, position: HeldPosition, version: AnswerVersion): Json {
  const { initialMargin, maintMargin, positionInitialMargin, openOrderInitialMargin } = margins(venue, kept, position);
  const common = {
    symbol: position.symbol,
    positionSide: position.side,
    positionAmt: formatNumber(position.qty),
    unrealizedProfit: eight(unrealizedOf(position, venue.markOf)),
    initialMargin,
    maintMargin,
    updateTime: position.updatedMs,
  };
  if (version === 3) {
    return { ...common, isolatedMargin: '0', notional: eight(signedNotional(venue, position)), isolatedWallet: '0' };
  }
  return {
    ...common,
    positionInitialMargin,
    openOrderInitialMargin,
    ...leverageOf(venue, kept, position.symbol),
    isolated: false,
    entryPrice: formatNumber(position.entryPrice),
    maxNotional: '100000000',
    bidNotional: '0',
    askNotional: '0',
  };
}

function riskPosition(venue: Venue, kept: KeptAccount, position: HeldPosition, version: AnswerVersion): Json {
  const flat = position.qty === 0;
  const common = {
    symbol: position.symbol,
    positionSide: position.side,
    positionAmt: formatNumber(position.qty),
    entryPrice: formatNumber(position.entryPrice),
    breakEvenPrice: formatNumber(position.entryPrice),
    markPrice: eight(flat ? 0 : venue.shownMark(position.symbol)),
    unRealizedProfit: eight(unrealizedOf(position, venue.markOf)),
    liquidationPrice: flat
      ? '0'
      : eight(liquidationPriceOf(position, kept.account.figures(venue.markOf), venue.markOf)),
    isolatedMargin: '0',
    notional: eight(signedNotional(venue, position)),
    isolatedWallet: '0',
    updateTime: position.updatedMs,
  };
  if (version === 3) {
    return {
      ...common,
      marginAsset: 'USDT',
      ...margins(venue, kept, position),
      adl: 0,
      bidNotional: '0',
      askNotional: '0',
    };
  }
  return {
    ...common,
    marginType: 'cross',
    isAutoAddMargin: 'false',
    ...leverageOf(venue, kept, position.symbol),
    maxNotionalValue: '100000000',
  };
}

function leverageOf(venue: Venue, { account }: KeptAccount, symbol: string): Json {
  return venue.oddities.leverageMissing ? {} : { leverage: String(account.leverageOf(symbol)) };
}

/** With the sign of the quantity, at the mark that answers show. */
function signedNotional(venue: Venue, position: HeldPosition): number {
  return Math.sign(position.qty) * notionalOf(position, (symbol) => venue.shownMark(symbol));
}
