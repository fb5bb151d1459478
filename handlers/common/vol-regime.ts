import { round10 } from '../../schemas/number.ts';

/** The volatility regimes of contract §3, calmest first. */
export type VolRegime = 'LOW_VOL' | 'NORMAL_VOL' | 'HIGH_VOL' | 'EXTREME_VOL';

/** The regime of an hourly volatility, at the 10 digits in which it is printed (contract §3). */
export function regimeOfHourly(sigma: number): VolRegime {
  const hourly = round10(sigma);
  if (hourly > 0.03) return 'EXTREME_VOL';
  if (hourly > 0.02) return 'HIGH_VOL';
  return hourly < 0.005 ? 'LOW_VOL' : 'NORMAL_VOL';
}
