import { z } from 'zod';
import { list, UnixSeconds } from './shapes.ts';

const many = z.number().int();

/** What the gates did in a time up to now. */
export const ActivitySum = z.object({
  permits: many,
  blocks: many,
  softened: many.describe('Exits that were made smaller, or would have been in shadow'),
  taken: many
    .nullable()
    .describe('Permits that neither wait, nor ran out, nor were revoked; null where nobody knows which wait'),
  not_taken: many.describe('Permits that ran out without being taken'),
  executed_without_permit: many,
  reasons: list(z.object({ reason: z.string(), count: many })).describe(
    'Why plans were blocked, the most frequent reason first, 10 at most',
  ),
});

/** A parsed `ActivitySum`. */
export type ActivitySum = z.output<typeof ActivitySum>;

/** What the gates of each portfolio served did in the last hour. */
export const ActivityHours = z
  .object({
    is_reading: z.boolean().describe('Whether an hour is still being read: ask again'),
    portfolios: list(
      z.object({
        portfolio: z.string(),
        hour: ActivitySum.nullable().describe('Null while it is not known'),
        error: z.string().describe('Why it cannot be read; empty where it can'),
      }),
    ).describe('In the order in which they are served'),
  })
  .meta({ id: 'ActivityHours' });

/** A parsed `ActivityHours`. */
export type ActivityHours = z.output<typeof ActivityHours>;

/** What the gates did over time, counted from the decision log and the events of the governor. */
export const Activity = z
  .object({
    since: UnixSeconds,
    until: UnixSeconds,
    counted_from: UnixSeconds.nullable().describe(
      'The oldest decision that was counted, where that is later than `since`: the log begins there, or is still being read',
    ),
    is_reading: z.boolean().describe('Whether the log is still being read: ask again'),
    bin_sec: many.describe('Length of a bin'),
    bins: list(z.object({ at: UnixSeconds, permits: many, blocks: many, softened: many })).describe(
      'Those in which something was decided, oldest first; `at` is where a bin begins',
    ),
    hour: ActivitySum,
    day: ActivitySum,
  })
  .meta({ id: 'Activity' });

/** A parsed `Activity`. */
export type Activity = z.output<typeof Activity>;
