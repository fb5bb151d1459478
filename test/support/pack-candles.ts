import { brotliCompressSync, constants } from 'node:zlib';

/**
 * Packs the closes of `symbol,ts_ms,open,high,low,close,volume` lines (one header line, sorted by symbol and time) into
 * the form that `unpackCloses` of runtime/market/player/market.ts reads: brotli, base64, of one line a symbol,
 * `SYMBOL decimals first change change …`, in units of the last decimal.
 */
export function packCloses(csv: string): string {
  const closes = new Map<string, string[]>();
  for (const line of csv.trim().split('\n').slice(1)) {
    const [symbol = '', , , , , close = ''] = line.split(',');
    closes.set(symbol, [...(closes.get(symbol) ?? []), close]);
  }
  const text = [...closes].map(([symbol, of]) => packed(symbol, of)).join('\n');
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 };
  return brotliCompressSync(text, { params }).toString('base64');
}

function packed(symbol: string, closes: readonly string[]): string {
  const decimals = Math.max(...closes.map((close) => (close.split('.')[1] ?? '').length));
  const units = closes.map((close) => Math.round(Number(close) * 10 ** decimals));
  const changes = units.map((unit, at) => unit - (units[at - 1] ?? 0));
  return [symbol, decimals, ...changes].join(' ');
}
