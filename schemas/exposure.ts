import { DAY_SEC } from './duration.ts';
import { numberAboveSetting } from './setting.ts';

/** The settings that exposure rests on; every handler that asks for it has them. */
export const exposureSettings = {
  GOV_POSITION_MAX_AGE_SEC: numberAboveSetting(0, Infinity, DAY_SEC),
} as const;

/** Seconds after which a position that nobody reports any more stops counting (contract §4, Figures). */
export interface ExposureSettings {
  readonly GOV_POSITION_MAX_AGE_SEC: number;
}

/** The setting that decides whether positions are known; every handler that asks has it. */
export const knownExposureSettings = {
  GOV_STATE_MAX_AGE_SEC: numberAboveSetting(0, Infinity, 120),
} as const;
