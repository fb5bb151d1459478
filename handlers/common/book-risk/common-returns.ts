/** Hourly log returns by symbol, all on one grid of hours, the newest last; NaN where there is none. */
export type ReturnsBySymbol = ReadonlyMap<string, Float64Array>;

/** The returns of several symbols over the hours that all of them have, in order of time. */
export interface CommonReturns {
  readonly observations: number;
  /** One series for each symbol that was asked for, in the same order, `observations` long. */
  readonly series: readonly Float64Array[];
}

/** The newest returns that all these series have, `lookback` hours of the grid at most; all series are of one length. */
export function commonReturns(series: readonly Float64Array[], lookback: number): CommonReturns {
  const length = series[0]?.length ?? 0;
  const first = Math.max(0, length - lookback);
  const windows = series.map((one) => one.subarray(first));
  const missing = new Uint8Array(length - first);
  for (const window of windows) {
    for (let hour = 0; hour < missing.length; hour += 1) if (!Number.isFinite(window[hour])) missing[hour] = 1;
  }
  const observations = missing.length - missing.reduce((sum, one) => sum + one, 0);
  if (observations === missing.length) return { observations, series: windows };
  return { observations, series: windows.map((window) => window.filter((_, hour) => missing[hour] === 0)) };
}
