import { STRATEGY } from './asker.ts';
import { offSetting } from './setting.ts';
import { namesSetting } from './symbol-setting.ts';

/** The limits of strategies: all off unless set. */
export const strategySettings = {
  /** The strategies that may open nothing. */
  GOV_STRATEGY_PAUSED: offSetting(namesSetting(STRATEGY)),
};

/** Their names. */
export const strategySettingNames = Object.keys(strategySettings) as (keyof typeof strategySettings)[];

/** Whether a strategy has a limit of its own under these settings. */
export function hasStrategyLimits(settings: Readonly<Record<keyof typeof strategySettings, unknown>>): boolean {
  return strategySettingNames.some((name) => settings[name] !== undefined);
}
