/** Assets that stand for a dollar each: their amounts are read as USD. */
const DOLLARS = ['USDT', 'USDC', 'BUSD', 'FDUSD', 'TUSD', 'USDP', 'USD1', 'RLUSD', 'BFUSD', 'RWUSD', 'LDUSDT'] as const;
/** Other assets that the exchange takes as margin, and counts in USD itself. */
const COLLATERAL = ['BTC', 'ETH', 'BNB', 'BNFCR', 'XRP', 'SOL'] as const;
const DELIVERY_DATE = /_\d{6}$/;

/** Whether a symbol is priced in dollars (`BTCUSDT`, `BTCUSDT_261225`; not `ETHBTC`). */
export function isPricedInUsd(symbol: string): boolean {
  const pair = symbol.replace(DELIVERY_DATE, '');
  return DOLLARS.some((asset) => pair.length > asset.length && pair.endsWith(asset));
}

/** Whether the exchange is known to count this asset in the account's USD figures. */
export function isKnownAsset(asset: string): boolean {
  return [...DOLLARS, ...COLLATERAL].some((known) => known === asset);
}
