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
  const hours: number[] = [];
  for (let hour = Math.max(0, length - lookback); hour < length; hour += 1) {
    if (series.every((one) => Number.isFinite(one[hour] ?? Number.NaN))) hours.push(hour);
  }
  return {
    observations: hours.length,
    series: series.map((one) => Float64Array.from(hours, (hour) => one[hour] ?? Number.NaN)),
  };
}
