import { pausedNow } from '../../../handlers/common/loss-limits/streaks.ts';
import type { HashFact } from '../../../handlers/contract/reads.ts';
import { span } from '../../../schemas/amount-text.ts';
import type { GovernorSettings } from '../../../schemas/governor.ts';

/** Losses in a row, over all symbols, that hold plans that open. */
export interface LossPause {
  /** Such as `5 in a row`. */
  readonly losses: string;
  readonly limit: string;
  /** In words: how long it goes on. */
  readonly ends: string;
}

/** What of losses in a row holds plans now; undefined where nothing does. */
export function pauseOf(
  facts: { readonly streaks: HashFact; readonly pauses: HashFact; readonly portfolio: HashFact },
  settings: GovernorSettings,
  nowMs: number,
): LossPause | undefined {
  const { all } = pausedNow(facts, settings, nowMs);
  if (all === undefined) return undefined;
  return {
    losses: `${all.losses} in a row`,
    limit: `${settings.GOV_MAX_CONSECUTIVE_LOSSES}`,
    ends: `it ends in ${span(settings.GOV_LOSS_PAUSE_SEC - all.agoMs / 1000)}`,
  };
}
