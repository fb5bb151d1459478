import { z } from 'zod';
import { activationStates, checklistItems, WATCH_SEC, WatchConditions } from '../activation.ts';
import { Because, ModeAnswer, words } from './change.ts';
import { list } from './shapes.ts';

const UnixMs = z.number().describe('Unix milliseconds');

/** A line of the checklist of an activation: what was found, in words with its figure, and what is wanted. */
const ChecklistLine = z
  .object({ item: z.enum(checklistItems), found: z.string(), wanted: z.string(), ok: z.boolean() })
  .meta({ id: 'ChecklistLine' });

/** A parsed `ChecklistLine`. */
export type ChecklistLine = z.output<typeof ChecklistLine>;

/** An activation of a gate: how it was made, and what its watch came to. */
export const WatchedActivation = z
  .object({
    gate: z.string(),
    id: z.string(),
    state: z.enum(activationStates).describe('Under watch, or what the watch came to'),
    from: z.string().describe('The mode before, which a rollback brings back'),
    to: z.string(),
    started_ms: UnixMs,
    until_ms: UnixMs.describe('When the watch ends by itself'),
    actor: z.string(),
    reason: z.string(),
    forced: z.string().describe('Lines of the checklist that were passed over, with commas; empty without any'),
    conditions: WatchConditions,
    changed_share: z.number().describe('Share of decisions in which the gate stood in the way before, 0 to 1'),
    decisions: z.number().int().describe('Decisions since, as of the last look'),
    looked_ms: UnixMs.describe('When it was looked at last'),
    ended_ms: UnixMs.nullable().describe('Null while it is under watch'),
    outcome: z.string().describe('What ended the watch; empty while it lasts'),
  })
  .meta({ id: 'Activation' });

/** What `GET /v1/activation` answers: the checklist of a gate, and how its last activation stands. */
export const ActivationView = z
  .object({
    gate: z.string(),
    at_ms: UnixMs,
    mode: z.string(),
    resting: z.string().describe('The mode in which it only shows what it would do'),
    enforcing: z.string().describe('The mode that an activation puts it into'),
    ready: z.boolean().describe('Whether every line is as it should be'),
    lines: list(ChecklistLine),
    last: WatchedActivation.nullable().describe('Null before the first activation'),
  })
  .meta({ id: 'ActivationView' });

/** A parsed `ActivationView`. */
export type ActivationView = z.output<typeof ActivationView>;

/** What `POST /v1/activate` answers: the activation that was made. */
export const Activated = ModeAnswer.extend({
  forced: list(z.enum(checklistItems)).describe('Lines of the checklist that were passed over'),
  lines: list(ChecklistLine),
  watch: WatchedActivation,
}).meta({ id: 'Activated' });

/** A parsed `Activated`. */
export type Activated = z.output<typeof Activated>;

const followers = {
  workers: list(z.string()).describe('The running workers of the gate'),
  slowest_ms: z.number().describe('After how long the last of them went by the change; 0 without workers'),
  missing: list(z.string()).describe('Workers that had not noticed within 5 seconds'),
};

/** What `POST /v1/rollback` answers: the rollback, and the workers it is in force in. */
export const RolledBack = ModeAnswer.extend(followers).meta({ id: 'RolledBack' });

/** A parsed `RolledBack`. */
export type RolledBack = z.output<typeof RolledBack>;

/** What `POST /v1/rollback` answers to `"rehearse":true`: no mode was changed. */
export const Rehearsal = z
  .object({
    gate: z.string(),
    at_ms: UnixMs,
    passed: z.boolean().describe('Whether every running worker took the change within a second'),
    ...followers,
  })
  .meta({ id: 'Rehearsal' });

/** A parsed `Rehearsal`. */
export type Rehearsal = z.output<typeof Rehearsal>;

/** The body of `POST /v1/activate`. */
export const ActivateBody = z.strictObject({
  ...Because,
  gate: words('a gate'),
  force: z.boolean('expected true or false').default(false),
  watch_sec: z.number('expected a number of seconds').min(60).max(604_800).default(WATCH_SEC),
});

/** The body of `POST /v1/rollback`: it needs no reason. */
export const RollbackBody = z.strictObject({
  ...Because,
  reason: Because.reason.default('rolled back over HTTP'),
  gate: words('a gate'),
  rehearse: z.boolean('expected true or false').default(false),
});
