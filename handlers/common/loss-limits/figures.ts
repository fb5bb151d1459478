import { type LossTrip, parseLossMarks, parseLossTrips } from '../../../schemas/loss-latch.ts';
import {
  confirmationsOf,
  hasLossLimits,
  type LossKind,
  type LossLimit,
  type LossSettings,
  lossKinds,
  lossLimits,
  lossReasons,
} from '../../../schemas/loss-limits.ts';
import { formatNumber, round10 } from '../../../schemas/number.ts';
import { isYounger } from '../../../schemas/time.ts';
import type { HashFact } from '../../contract/reads.ts';
import { statedEquity } from '../equity.ts';
import { lossNow } from './judge.ts';

/** What of the latch a judgment rests on: a trip, a release or a loss of its marks makes a commit a conflict. */
export const LOSS_LATCH_HELD = ['tripped', 'lost', 'released'] as const;

/** A limit that was reached. */
type HeldTrip = Pick<LossTrip, 'setting' | 'value' | 'limit'>;

/** What an OPEN is judged on where a loss limit is set. */
export interface LossFigures {
  /** Whether losses are known: marks that nothing was lost of, a fresh reading, no lower equity in doubt. */
  readonly known: boolean;
  readonly tripped: Readonly<Partial<Record<LossKind, HeldTrip>>>;
  /** Loss now by the setting that limits it: percent or US dollars. */
  readonly losses: Readonly<Partial<Record<LossLimit['setting'], number>>>;
}

/** What losses are judged by. */
type Limits = LossSettings & { readonly GOV_STATE_MAX_AGE_SEC: number };

/** The losses of now; undefined where no loss limit is set. */
export function lossFigures(
  { lossLatch, portfolio }: { readonly lossLatch: HashFact; readonly portfolio: HashFact },
  settings: Limits,
  nowMs: number,
): LossFigures | undefined {
  if (!hasLossLimits(settings)) return undefined;
  const marks = lossLatch.fields === null ? undefined : parseLossMarks(lossLatch.fields);
  const held = (lossLatch.fields && parseLossTrips(lossLatch.fields)) ?? {};
  if (marks === undefined) return { known: false, tripped: held, losses: {} };
  const losses = Object.fromEntries(
    lossLimits.flatMap((limit) => {
      const loss = lossNow(marks, limit, confirmationsOf(settings));
      return loss === undefined ? [] : [[limit.setting, loss]];
    }),
  );
  const lastMs = marks.recent.at(-1)?.atMs;
  const isRead = lastMs !== undefined && isYounger(lastMs, nowMs, settings.GOV_STATE_MAX_AGE_SEC * 1000);
  const isDoubted = portfolio.fields !== null && statedEquity(portfolio.fields).lowUsd !== undefined;
  return { known: isRead && !isDoubted && lossLatch.fields?.lost === undefined, tripped: held, losses };
}

/** What of the marks of losses waits for a person's word: the place that was lost, or `unreadable`; null where nothing does. */
export function unconfirmedLoss({ fields, wrongType }: HashFact): string | null {
  if (wrongType || (fields !== null && parseLossMarks(fields) === undefined)) return 'unreadable';
  return fields?.lost ?? null;
}

/** Whether nothing is known of a loss that is limited. */
export function isLossUnknown({ known, losses }: LossFigures, settings: LossSettings): boolean {
  return !known || lossLimits.some(({ setting }) => settings[setting] !== undefined && losses[setting] === undefined);
}

/** What a loss limit says of an OPEN: a loss and its limit as text with their unit, and the room left. */
export interface LossVerdict {
  readonly value: string;
  readonly limit: string;
  readonly headroom: number;
  readonly reason: (typeof lossReasons)[LossKind] | undefined;
}

/** Whether a loss is at the share of its limit that warns, or above. */
export function isLossNear({ losses }: LossFigures, settings: LossSettings): boolean {
  return lossLimits.some(({ setting }) => {
    const [loss, limit] = [losses[setting], settings[setting]];
    return loss !== undefined && limit !== undefined && loss >= round10(limit * settings.GOV_LOSS_WARN_SHARE);
  });
}

/** The first limit that is reached, else what the latch holds, else the limit that is nearest; undefined where nothing is known. */
export function lossVerdict({ tripped, losses }: LossFigures, settings: LossSettings): LossVerdict | undefined {
  const known = lossLimits.flatMap(({ setting, kind }) => {
    const [value, limit] = [losses[setting], settings[setting]];
    return value === undefined || limit === undefined ? [] : [{ setting, kind, value, limit }];
  });
  const reached = known.find(({ value, limit }) => value >= limit);
  if (reached !== undefined) return verdictOf(reached, lossReasons[reached.kind]);
  const held = lossKinds.find((kind) => tripped[kind] !== undefined);
  if (held !== undefined) return verdictOf(tripped[held] as HeldTrip, lossReasons[held]);
  const nearest = known.toSorted((one, other) => other.value / other.limit - one.value / one.limit)[0];
  return nearest && verdictOf(nearest);
}

/** A loss in its unit, by the setting that limits it. */
export function lossText(setting: string, value: number): string {
  return `${formatNumber(value)} ${lossLimits.find((one) => one.setting === setting)?.unit === 'usd' ? 'USD' : '%'}`;
}

function verdictOf({ setting, value, limit }: HeldTrip, reason?: LossVerdict['reason']): LossVerdict {
  return {
    value: lossText(setting, value),
    limit: lossText(setting, limit),
    headroom: round10(limit - value),
    reason,
  };
}
