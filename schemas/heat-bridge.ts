import { z } from 'zod';
import { Identifier } from './identifier.ts';
import { logLevelSetting } from './log-level.ts';
import { integerSetting, optionalNameSetting } from './setting.ts';

/** What HeatBridge needs of an entry of `harvest.heat.decision`; all else may have any value or be missing (contract §2). */
export interface HeatDecisionMessage {
  readonly planId: string;
  readonly symbol: string;
}

/** Parses an entry of `harvest.heat.decision` from any producer. */
export const HeatDecisionMessage: z.ZodType<HeatDecisionMessage> = z
  .object({ plan_id: Identifier, symbol: Identifier })
  .transform((entry) => ({ planId: entry.plan_id, symbol: entry.symbol }));

/** The lookups that HeatBridge counts, the label `kind` of `p27_written_total`. */
export const bridgeKinds = ['by_plan', 'latest_symbol'] as const;

/** Where HeatBridge can fail, the label `stage` of `p27_errors_total`. */
export const bridgeStages = ['read', 'write', 'ack'] as const;

/** Parses the settings of HeatBridge: seconds, milliseconds; stream, group and consumer undefined when left to the contract. */
export const HeatBridgeSettings = z.object({
  P27_STREAM_IN: optionalNameSetting(),
  P27_GROUP: optionalNameSetting(),
  P27_CONSUMER: optionalNameSetting(),
  P27_POLL_MS: integerSetting(1, 60_000, 500),
  P27_BATCH: integerSetting(1, 10_000, 10),
  P27_TTL_PLAN_SEC: integerSetting(1, 31_536_000, 1800),
  P27_TTL_SYMBOL_SEC: integerSetting(1, 31_536_000, 1800),
  P27_DEDUPE_TTL_SEC: integerSetting(1, 31_536_000, 120),
  P27_LOG_LEVEL: logLevelSetting(undefined),
});
export type HeatBridgeSettings = z.output<typeof HeatBridgeSettings>;

/** The documented names of HeatBridge's settings. */
export const heatBridgeSettingNames: readonly string[] = Object.keys(HeatBridgeSettings.shape);
