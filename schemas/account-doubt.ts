import { z } from 'zod';
import { integerSetting, numberAboveSetting, numberSetting } from './setting.ts';

/** The limits of doubt in a reading of the account (contract §5, Input trust), by their names in the environment. */
export const DoubtSettings = z.object({
  /** An equity that fell by so many percent or more of what was expected is not believed at once. */
  FEED_DOUBT_FALL_PCT: numberAboveSetting(0, 99, 60),
  /** Nor one that rose by so many percent or more: it would raise every budget. */
  FEED_DOUBT_RISE_PCT: numberAboveSetting(0, 10_000, 150),
  /** A doubted rise is confirmed by an equity within so many percent of it … */
  FEED_DOUBT_AGREE_PCT: numberSetting(0, 100, 10),
  /** … and any doubt only by a reading that was asked for so long after the doubted one was read, seconds. */
  FEED_DOUBT_CONFIRM_SEC: numberSetting(0.1, 60, 1),
  /** That many positions or more must be gone at once to be odd. */
  FEED_DOUBT_VANISHED: integerSetting(1, 10_000, 2),
});

/** The limits of doubt: percent, seconds, positions. */
export type DoubtSettings = z.output<typeof DoubtSettings>;

/** The documented names of the limits of doubt. */
export const doubtSettingNames: readonly string[] = Object.keys(DoubtSettings.shape);
