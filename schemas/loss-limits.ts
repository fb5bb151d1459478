import type { z } from 'zod';
import { choiceSetting, integerSetting, numberAboveSetting, offSetting, type Setting, setting } from './setting.ts';

/** What a loss is counted against: the opening of the day or week, the high-water mark, the starting balance. */
export const lossKinds = ['daily', 'weekly', 'drawdown', 'static'] as const;
export type LossKind = (typeof lossKinds)[number];

/** Why a loss limit refuses, by what the loss is counted against. */
export const lossReasons = {
  daily: 'daily_loss_exceeded',
  weekly: 'weekly_loss_exceeded',
  drawdown: 'drawdown_exceeded',
  static: 'static_drawdown_exceeded',
} as const satisfies Readonly<Record<LossKind, string>>;

/** The settings that limit a loss, by kind and unit, in the order in which they are judged. */
export const lossLimits = [
  { setting: 'GOV_MAX_DAILY_LOSS_PCT', kind: 'daily', unit: 'pct' },
  { setting: 'GOV_MAX_DAILY_LOSS_USD', kind: 'daily', unit: 'usd' },
  { setting: 'GOV_MAX_WEEKLY_LOSS_PCT', kind: 'weekly', unit: 'pct' },
  { setting: 'GOV_MAX_DRAWDOWN_PCT', kind: 'drawdown', unit: 'pct' },
  { setting: 'GOV_MAX_STATIC_DRAWDOWN_PCT', kind: 'static', unit: 'pct' },
] as const;
export type LossLimit = (typeof lossLimits)[number];

/** `count` of the last `of` readings have to say a loss before it trips. */
export interface Confirmations {
  readonly count: number;
  readonly of: number;
}

/** The most readings a confirmation may look back on. */
const MAX_CONFIRMATIONS = 20;

/** The settings of the loss limits: percent of the base, US dollars; undefined where a limit is off. */
export interface LossSettings extends Readonly<Record<LossLimit['setting'], number | undefined>> {
  readonly GOV_STARTING_BALANCE_USD: number | undefined;
  readonly GOV_LOSS_WARN_SHARE: number;
  readonly GOV_LOSS_DAY_TZ: string;
  readonly GOV_LOSS_DAY_HOUR: number;
  readonly GOV_LOSS_CONFIRMATIONS: string;
  readonly GOV_LOSS_RELEASE: 'operator' | 'day';
}

/** Parses each of them; all limits are off unless they are set. */
export const lossSettings = {
  GOV_MAX_DAILY_LOSS_PCT: offSetting(numberAboveSetting(0, 100, 0)),
  GOV_MAX_DAILY_LOSS_USD: offSetting(numberAboveSetting(0, Infinity, 0)),
  GOV_MAX_WEEKLY_LOSS_PCT: offSetting(numberAboveSetting(0, 100, 0)),
  GOV_MAX_DRAWDOWN_PCT: offSetting(numberAboveSetting(0, 100, 0)),
  GOV_MAX_STATIC_DRAWDOWN_PCT: offSetting(numberAboveSetting(0, 100, 0)),
  GOV_STARTING_BALANCE_USD: offSetting(numberAboveSetting(0, Infinity, 0)),
  GOV_LOSS_WARN_SHARE: numberAboveSetting(0, 1, 0.8),
  GOV_LOSS_DAY_TZ: setting('a time zone such as UTC or Europe/Berlin', 'UTC', timeZoneOf),
  GOV_LOSS_DAY_HOUR: integerSetting(0, 23, 0),
  GOV_LOSS_CONFIRMATIONS: setting(
    `N/M, N of the last M readings, with N from 1 to M and M up to ${MAX_CONFIRMATIONS}`,
    '2/3',
    (text) => (confirmationsIn(text) === undefined ? undefined : text.replaceAll(' ', '')),
  ),
  GOV_LOSS_RELEASE: choiceSetting(['operator', 'day'], 'operator'),
} as const satisfies { readonly [name in keyof LossSettings]: Setting<LossSettings[name]> };

/** The names of the loss limits' settings. */
export const lossSettingNames = Object.keys(lossSettings) as readonly (keyof LossSettings)[];

/** The gate that judges losses, and whose policy has the limits. */
export const LOSS_GATE = 'governor';

/** Whether any loss limit is set. */
export function hasLossLimits(settings: Partial<LossSettings>): boolean {
  return lossLimits.some(({ setting: name }) => settings[name] !== undefined);
}

/** How many readings have to say a loss, of how many, by the text of the setting. */
export function confirmationsOf({
  GOV_LOSS_CONFIRMATIONS: text,
}: Pick<LossSettings, 'GOV_LOSS_CONFIRMATIONS'>): Confirmations {
  return confirmationsIn(text) ?? { count: 1, of: 1 };
}

/** Refuses loss limits of which one could never be reached, or has nothing to count from. */
export function refuseLossContradictions(settings: LossSettings, context: z.RefinementCtx): void {
  const refuse = (name: keyof LossSettings, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message });
  if (settings.GOV_MAX_STATIC_DRAWDOWN_PCT !== undefined && settings.GOV_STARTING_BALANCE_USD === undefined) {
    refuse('GOV_STARTING_BALANCE_USD', 'expected a number above 0 beside GOV_MAX_STATIC_DRAWDOWN_PCT, got none');
  }
  const drawdown = settings.GOV_MAX_DRAWDOWN_PCT;
  if (drawdown === undefined) return;
  for (const name of ['GOV_MAX_DAILY_LOSS_PCT', 'GOV_MAX_WEEKLY_LOSS_PCT'] as const) {
    const loss = settings[name];
    if (loss === undefined || loss <= drawdown) continue;
    refuse(name, `expected at most GOV_MAX_DRAWDOWN_PCT (${drawdown}), which is reached first, got ${loss}`);
  }
}

function timeZoneOf(text: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text.trim() }).resolvedOptions().timeZone && text.trim();
  } catch {
    return undefined;
  }
}

function confirmationsIn(text: string): Confirmations | undefined {
  const [, count, of] = /^ *(\d{1,2}) *\/ *(\d{1,2}) *$/.exec(text) ?? [];
  const wanted = { count: Number(count), of: Number(of) };
  return wanted.count >= 1 && wanted.count <= wanted.of && wanted.of <= MAX_CONFIRMATIONS ? wanted : undefined;
}
