import { z } from 'zod';
import { Because } from './change.ts';
import { list } from './shapes.ts';

const Name = z.string().min(1).max(100);
/** Limits by name: text as an environment would have it, null for what the environment says. */
export const LimitTexts = z.record(Name, z.string().max(1000).nullable());

/** Parsed `LimitTexts`. */
export type LimitTexts = z.output<typeof LimitTexts>;

/** A limit: what is in force and who says so, and what the environment and the candidate say of it. */
export const LimitView = z
  .object({
    name: z.string(),
    in_force: z.string(),
    from: z.enum(['policy', 'environment', 'default']),
    environment: z.string(),
    candidate: z.string().nullable(),
    default: z.string().optional().describe('What holds where nobody says anything'),
    expected: z.string().optional().describe('What it may be, in words; empty where it may be any text'),
    choices: list(z.string()).optional().describe('The words it may be; empty where it is none of a few'),
    meaning: z.string().optional().describe('What is compared with it'),
    unit: z.string().optional().describe('What it is counted in'),
  })
  .meta({ id: 'LimitView' });

/** A parsed `LimitView`. */
export type LimitView = z.output<typeof LimitView>;

/** A version of a policy, as it was put in force. */
const PolicyVersion = z
  .object({
    id: z.string(),
    version: z.string(),
    action: z.string().describe('`before`, `set`, `rollback`, `mode` or `environment`'),
    restores: z.string().describe('The version that a rollback brought back; empty otherwise'),
    mode: z.string(),
    settings: z.record(z.string(), z.string()).readonly(),
    actor: z.string(),
    reason: z.string(),
    timestamp: z.string().describe('Unix seconds; empty where nothing says when'),
  })
  .meta({ id: 'PolicyVersion' });

/** The policy of a gate as it is in force. */
export const PolicyView = z
  .object({
    gate: z.string(),
    mode: z.string(),
    modes: list(z.string()).describe('The modes it may be in'),
    version: z.string(),
    candidate: z.object({ version: z.string(), mode: z.string() }).nullable(),
    problem: z.string().describe('Why what is stored is not in force; empty otherwise'),
    limits: list(LimitView),
  })
  .meta({ id: 'PolicyView' });

/** A parsed `PolicyView`. */
export type PolicyView = z.output<typeof PolicyView>;

/** The policies of all gates. */
export const Policies = z.object({ policies: list(PolicyView) }).meta({ id: 'Policies' });

/** Parsed `Policies`. */
export type Policies = z.output<typeof Policies>;

/** A policy with its versions, newest first, 200 at most. */
export const PolicyPage = z
  .object({ policy: PolicyView, versions: list(PolicyVersion), more: z.boolean() })
  .meta({ id: 'PolicyPage' });

/** A parsed `PolicyPage`. */
export type PolicyPage = z.output<typeof PolicyPage>;

const changedTexts = z.object({ before: z.string(), after: z.string() });

/** What a change of policy comes to: the limits that change, with the values that were and are in force. */
export const PolicyChange = z
  .object({
    gate: z.string(),
    before: z.string().describe('Version before; the same as `after` where nothing changes'),
    after: z.string(),
    mode: changedTexts,
    changed: z.record(z.string(), changedTexts).readonly(),
  })
  .meta({ id: 'PolicyChange' });

const otherwise = {
  changed: z.number().int(),
  verdict_changed: z.number().int(),
  changes: list(z.object({ from: z.string(), to: z.string(), count: z.number().int() })),
};

/** What other limits would have changed of the decisions of the last 24 hours, on the figures that were logged, each judged alone, and jointly. */
export const Impact = z
  .object({
    decisions: z.number().int().describe('Decisions that were judged again'),
    ...otherwise,
    joint: z
      .object({ ...otherwise, not_carried: z.record(z.string(), z.number().int()).readonly() })
      .nullable()
      .describe('The same decisions, each after what those before it came to; null where that is not offered'),
    alone_because: z.string().describe('Why each is judged alone only; empty where they are judged jointly too'),
    not_recorded: z.number().int().describe('Decisions not judged again: the log lacks what these limits rest on'),
    complete: z.boolean().describe('False where not all were judged in the time there is'),
    try_counted: z.boolean().describe('Whether reports count these limits among the policies tried on these days'),
  })
  .meta({ id: 'Impact' });

/** A parsed `Impact`. */
export type Impact = z.output<typeof Impact>;

/** The body of `POST /v1/policies/{gate}/preview`. */
export const PolicyPreviewBody = z.strictObject({ settings: LimitTexts });

/** What a change would do, before it is made. `version` is the one it was worked out on. */
export const PolicyPreview = z
  .object({
    version: z.string(),
    mode: z.string(),
    changed: z.record(z.string(), changedTexts).readonly(),
    impact: Impact,
  })
  .meta({ id: 'PolicyPreview' });

/** A parsed `PolicyPreview`. */
export type PolicyPreview = z.output<typeof PolicyPreview>;

const onVersion = z.string().max(100).optional().describe('Refuse the change if another version is in force by now');

/** The body of `POST /v1/policies/{gate}`: limits that are not named stay as they are. */
export const PolicyBody = z.strictObject({ ...Because, settings: LimitTexts, version: onVersion });

/** The body of `POST /v1/policies/{gate}/candidate`: null takes the candidate away. */
export const CandidateBody = z.strictObject({
  ...Because,
  settings: LimitTexts.nullable(),
  mode: z.string().max(100).optional(),
});

/** The candidate that is judged by now; null without one. */
export const CandidateAnswer = z
  .object({
    gate: z.string(),
    candidate: z
      .object({
        version: z.string(),
        mode: z.string().optional(),
        settings: z.record(z.string(), z.string()).readonly(),
      })
      .nullable(),
    try_counted: z
      .boolean()
      .nullable()
      .describe('Whether reports count it among the policies that were tried; null without a candidate'),
  })
  .meta({ id: 'CandidateChange' });

/** The body of `POST /v1/policies/{gate}/rollback`; without `version` the one before that in force. */
export const RollbackBody = z.strictObject({ ...Because, version: z.string().max(100).optional() });
