import { STRATEGY } from './asker.ts';
import { offSetting } from './setting.ts';
import { type NamedLimits, namedLimitsSetting, namesSetting, OTHERS } from './symbol-setting.ts';

const WHOLE = {
  words: 'a whole number of at least 0',
  isOne: (limit: number) => Number.isSafeInteger(limit) && limit >= 0,
};
const PERCENT = { words: 'a percentage from 0 to 100', isOne: (limit: number) => limit >= 0 && limit <= 100 };

/** The limits of strategies: all off unless set. */
export const strategySettings = {
  /** The strategies that may open nothing. */
  GOV_STRATEGY_PAUSED: offSetting(namesSetting(STRATEGY)),
  /** Percent of the total cap that a strategy may use. */
  GOV_STRATEGY_MAX_SHARE_PCT: offSetting(namedLimitsSetting(STRATEGY, PERCENT)),
  GOV_STRATEGY_MAX_POSITIONS: offSetting(namedLimitsSetting(STRATEGY, WHOLE)),
  GOV_STRATEGY_MAX_PERMITS_PER_HOUR: offSetting(namedLimitsSetting(STRATEGY, WHOLE)),
};

type StrategySettings = Readonly<Record<keyof typeof strategySettings, unknown>>;

/** The strategies that limits name; `*` is none. */
export function strategiesNamed(
  settings: {
    readonly [name in keyof typeof strategySettings]: NamedLimits | ReadonlySet<string> | undefined;
  },
): ReadonlySet<string> {
  const names = new Set(strategySettingNames.flatMap((name) => [...(settings[name]?.keys() ?? [])]));
  names.delete(OTHERS);
  return names;
}

/** Their names. */
export const strategySettingNames = Object.keys(strategySettings) as (keyof typeof strategySettings)[];

/** Whether a strategy has a limit of its own under these settings. */
export function hasStrategyLimits(settings: StrategySettings): boolean {
  return strategySettingNames.some((name) => settings[name] !== undefined);
}

/** Whether one of them is about what a strategy holds. */
export function limitsUse({ GOV_STRATEGY_MAX_SHARE_PCT, GOV_STRATEGY_MAX_POSITIONS }: StrategySettings): boolean {
  return GOV_STRATEGY_MAX_SHARE_PCT !== undefined || GOV_STRATEGY_MAX_POSITIONS !== undefined;
}
