import { z } from 'zod';
import { refuseRiskContradictions, riskSettings } from './book-risk.ts';
import type { CandleInterval } from './candle.ts';
import { DAY_SEC } from './duration.ts';
import { exposureSettings, knownExposureSettings } from './exposure.ts';
import { bookHeatSettings } from './heat-gate.ts';
import { candleSettings, Interval } from './market-state.ts';
import { integerSetting, numberSetting, quoted } from './setting.ts';
import { identifierProblem } from './wire.ts';

/** Symbols of one entry at most: what one judgment reads and compares stays bounded. */
const SYMBOLS_PER_ENTRY = 200;

/** Why a symbol is in no cluster; of several, the first in this order. */
export const clusterGaps = ['unpriced', 'no_candles', 'candles_stale', 'too_few_observations', 'no_movement'] as const;
export type ClusterGap = (typeof clusterGaps)[number];

/** What an entry came to, as the decision log names it. */
export type ClusterVerdict = 'CLUSTERS' | 'NO_CLUSTERS';

/** Why it came to that, as the decision log names it. */
export type ClusterReason = 'ok' | 'flat' | 'no_usable_symbol';

const SettingsShape = z.object({
  ...candleSettings,
  CLUSTER_THRESHOLD: numberSetting(0, 1, 0.7),
  CLUSTER_MIN_OBSERVATIONS: integerSetting(3, 1499, 48),
  CLUSTER_TTL_SEC: integerSetting(60, DAY_SEC, 900),
  ...exposureSettings,
  ...knownExposureSettings,
  P26_SIGMA_HORIZON_SEC: bookHeatSettings.P26_SIGMA_HORIZON_SEC,
  ...riskSettings,
});

/** Settings of the cluster stress: correlations, lengths in candles, lives in seconds. */
export type ClusterStressSettings = z.output<typeof SettingsShape>;

/** The documented names of the cluster stress's settings. */
export const clusterStressSettingNames: readonly string[] = Object.keys(SettingsShape.shape);

/** Parses the settings of the cluster stress and checks that the look-back can hold the observations asked for. */
export const ClusterStressSettings = SettingsShape.superRefine((settings, context) => {
  refuseRiskContradictions(settings, context);
  if (settings.CLUSTER_MIN_OBSERVATIONS < settings.MARKET_LOOKBACK) return;
  const message = `expected less than MARKET_LOOKBACK (${settings.MARKET_LOOKBACK}), got ${settings.CLUSTER_MIN_OBSERVATIONS}`;
  context.addIssue({ code: 'custom', path: ['CLUSTER_MIN_OBSERVATIONS'], message });
});

const Symbols = z
  .string()
  .optional()
  .transform((text, context) => {
    const symbols = [...new Set((text ?? '').split(' ').filter((symbol) => symbol !== ''))];
    const bad = symbols.find((symbol) => identifierProblem(symbol) !== undefined);
    if (bad === undefined && symbols.length <= SYMBOLS_PER_ENTRY) return symbols.sort();
    const got = bad === undefined ? `${symbols.length} of them` : quoted(bad);
    context.addIssue({ code: 'custom', message: `expected up to ${SYMBOLS_PER_ENTRY} symbols, got ${got}` });
    return z.NEVER;
  });

/** A request to group symbols by their candles: the held ones, and those that may be opened. */
export interface ClusterRequest {
  /** In order of their names, each once. */
  readonly symbols: readonly string[];
  readonly interval: CandleInterval;
}

/** Parses an entry of `feed.cluster`: `symbols` with blanks between them, `interval`. */
export const ClusterRequest: z.ZodType<ClusterRequest> = z.object({ symbols: Symbols, interval: Interval });
