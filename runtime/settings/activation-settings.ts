import { z } from 'zod';
import { integerSetting, numberAboveSetting } from '../../schemas/setting.ts';

const MOST_HOURS = 8_760;

/** What an activation asks of its evidence, and what its watch allows, by their names in the environment (contract §6). */
export const activationEnvironment = {
  /** Of the evidence: hours of the clock with a decision, at least. */
  ACTIVATION_HOURS_WITH_DECISIONS: integerSetting(1, MOST_HOURS, 24),
  /** Age of the newest decision and longest time between two, hours, at most. */
  ACTIVATION_NEWEST_HOURS: numberAboveSetting(0, MOST_HOURS, 6),
  ACTIVATION_GAP_HOURS: numberAboveSetting(0, MOST_HOURS, 12),
  /** Days, exits and symbols with decisions, at least. */
  ACTIVATION_DAYS: integerSetting(1, 365, 3),
  ACTIVATION_EXITS: integerSetting(1, 10_000, 30),
  ACTIVATION_SYMBOLS: integerSetting(1, 10_000, 3),
  /** Share of the time in which a worker judged, per cent, at least. */
  ACTIVATION_UPTIME_PCT: numberAboveSetting(0, 100, 95),
  /** Of the watch: loss of kept parts and fall of equity, per cent of equity, and closes that were blocked, at most. */
  ACTIVATION_KEPT_LOSS_PCT: numberAboveSetting(0, 100, 2),
  ACTIVATION_DRAWDOWN_PCT: numberAboveSetting(0, 100, 10),
  ACTIVATION_BLOCKED_CLOSES: integerSetting(0, 10_000, 0),
} as const;

const Limits = z.object(activationEnvironment);

/** The limits of an activation by their settings: hours, counts, per cent. */
export type ActivationLimits = z.output<typeof Limits>;

/** Where more is stricter; of the others less is. */
const AT_LEAST: ReadonlySet<string> = new Set<keyof ActivationLimits>([
  'ACTIVATION_HOURS_WITH_DECISIONS',
  'ACTIVATION_DAYS',
  'ACTIVATION_EXITS',
  'ACTIVATION_SYMBOLS',
  'ACTIVATION_UPTIME_PCT',
]);

/** The limits where the environment says nothing. */
export const ACTIVATION_LIMITS: ActivationLimits = Limits.parse({});

/** Those of all settings that are limits of an activation. */
export function activationLimitsOf(values: ActivationLimits): ActivationLimits {
  const names = Object.keys(ACTIVATION_LIMITS) as (keyof ActivationLimits)[];
  return Object.fromEntries(names.map((name) => [name, values[name]])) as ActivationLimits;
}

/** Those of the limits that ask for less than the defaults do, `NAME=value` each: an activation by them says so. */
export function loosened(limits: ActivationLimits): string[] {
  const names = Object.keys(ACTIVATION_LIMITS) as (keyof ActivationLimits)[];
  return names
    .filter((name) => (AT_LEAST.has(name) ? -1 : 1) * (limits[name] - ACTIVATION_LIMITS[name]) > 0)
    .map((name) => `${name}=${limits[name]}`);
}
