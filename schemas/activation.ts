import { z } from 'zod';
import { HOUR_SEC } from './duration.ts';
import { parseNumber } from './number.ts';
import type { Fields } from './wire.ts';

/** Under watch, or what the watch came to. */
export const activationStates = ['watching', 'kept', 'rolled_back', 'ended'] as const;

/** The lines of the checklist of an activation, in the order in which they are shown. */
export const checklistItems = [
  'mode',
  'worker',
  'hours_in_shadow',
  'hours_with_decisions',
  'newest_decision',
  'longest_gap',
  'days',
  'decisions',
  'exits',
  'symbols',
  'up_time',
  'errors',
  'dead_letters',
  'inputs_fresh',
  'stale_rate',
  'flip_rate',
  'write_failures',
  'protective_exits_changed',
  'consumer_wired',
  'rollback_rehearsed',
] as const;

/** One of `checklistItems`. */
export type ChecklistItem = (typeof checklistItems)[number];

const count = z.number().int().min(0);

/** What ends an activation early: a figure above one of these, of what was decided since. Stored with the activation. */
export const WatchConditions = z.object({
  /** Most messages that could not be judged, dead letters, writes that could not be made, and protective exits that were changed. */
  errors: count,
  dead_letters: count,
  write_failures: count,
  protective_exits_changed: count,
  /** Largest share (0 … 1) of decisions on inputs that were not fresh, once there were this many. */
  stale_share: z.number(),
  stale_from: count,
  /** Largest share of decisions in which the gate stood in the way: so many times that before, and at least the floor. */
  changed_times: z.number(),
  changed_floor: z.number(),
  changed_from: count,
  /** Longest wait of a message, and longest time in which a lane of the gate is held, milliseconds. */
  waiting_ms: count,
  held_ms: count,
  /** Closes that another gate blocked, loss of the kept parts (US dollars) and fall of equity from its highest reading (0 … 1) since; null is not watched: it was not known what to compare with, or a release before watched none. */
  blocked_closes: count.nullable().default(null),
  kept_loss_usd: z.number().nullable().default(null),
  drawdown: z.number().nullable().default(null),
});

/** Parsed `WatchConditions`. */
export type WatchConditions = z.output<typeof WatchConditions>;

/** The conditions of an activation that says nothing else (docs/evidence.md, Activation). */
export const watchConditions: WatchConditions = {
  errors: 0,
  dead_letters: 0,
  write_failures: 0,
  protective_exits_changed: 0,
  stale_share: 0.05,
  stale_from: 3,
  changed_times: 2,
  changed_floor: 0.1,
  changed_from: 20,
  waiting_ms: 30_000,
  held_ms: 10_000,
  blocked_closes: 0,
  kept_loss_usd: null,
  drawdown: null,
};

const Figure = z.string().transform((text, context) => {
  const value = parseNumber(text);
  if (value !== undefined) return value;
  context.addIssue({ code: 'custom', message: `expected a number, got ${JSON.stringify(text)}` });
  return z.NEVER;
});

const JsonConditions = z.string().transform((text, context) => {
  try {
    return WatchConditions.parse(JSON.parse(text));
  } catch (error) {
    context.addIssue({ code: 'custom', message: `expected conditions, got ${String(error)}` });
    return z.NEVER;
  }
});

const Activation = z.object({
  id: z.string().min(1),
  state: z.enum(activationStates),
  from: z.string(),
  to: z.string(),
  started_ms: Figure,
  until_ms: Figure,
  actor: z.string(),
  reason: z.string(),
  forced: z.string(),
  conditions: JsonConditions,
  /** Share (0 … 1) of decisions in which the gate stood in the way before the activation. */
  changed_share: Figure.or(z.literal('').transform(() => 0)),
  decisions: Figure,
  looked_ms: Figure,
  ended_ms: z
    .literal('')
    .transform(() => null)
    .or(Figure),
  outcome: z.string(),
});

/** The last activation of a gate as its bookkeeping keeps it: times in Unix ms by Redis's clock. */
export type Activation = z.output<typeof Activation>;

/** The activation that a hash holds; `undefined` where there is none, or none that can be read. */
export function activationOf(fields: Fields): Activation | undefined {
  return Activation.safeParse({ ...fields }).data;
}

/** How long an activation is watched where nobody says, seconds. */
export const WATCH_SEC = HOUR_SEC;
