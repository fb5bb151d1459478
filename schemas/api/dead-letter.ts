import { z } from 'zod';
import { Because } from './change.ts';
import { list, StreamId, UnixSeconds } from './shapes.ts';

/** A dead letter: where it came from, why it is here, and what was in it. */
export const DeadLetter = z
  .object({
    stream: z.string(),
    id: StreamId,
    source_id: z.string(),
    group: z.string(),
    reason: z.string(),
    attempts: z.number(),
    at: UnixSeconds.nullable().describe('When it was set aside'),
    fields: list(z.tuple([z.string(), z.string()]).readonly()).describe('The entry’s own fields, in order'),
  })
  .meta({ id: 'DeadLetter' });

/** A parsed `DeadLetter`. */
export type DeadLetter = z.output<typeof DeadLetter>;

/** How many dead letters each stream has. */
export const DeadLetterCounts = z
  .object({
    streams: list(
      z.object({
        stream: z.string(),
        gates: list(z.string()).describe('The gates that read it'),
        count: z.number().int(),
        newest: StreamId.nullable(),
      }),
    ),
  })
  .meta({ id: 'DeadLetterCounts' });

/** A parsed `DeadLetterCounts`. */
export type DeadLetterCounts = z.output<typeof DeadLetterCounts>;

/** The dead letters of a stream, newest first. */
export const DeadLetterPage = z
  .object({ stream: z.string(), entries: list(DeadLetter), next: StreamId.nullable() })
  .meta({ id: 'DeadLetterPage' });

/** A parsed `DeadLetterPage`. */
export type DeadLetterPage = z.output<typeof DeadLetterPage>;

/** The body of `POST /v1/dead-letters/{stream}/replay` and `…/drop`. */
export const DeadLettersBody = z.strictObject({ ...Because, ids: z.array(StreamId).min(1).max(1000) });

const ids = list(z.string());

/** What became of dead letters that were to be put back. */
export const ReplayAnswer = z
  .object({
    stream: z.string(),
    replayed: list(z.object({ id: z.string(), new_id: z.string() })),
    missing: ids.describe('Not there: never were, or somebody dealt with them already'),
    too_large: ids.describe('Too many fields for one command; they stay'),
  })
  .meta({ id: 'ReplayedDeadLetters' });

/** What became of dead letters that were to be dropped. */
export const DropAnswer = z
  .object({ stream: z.string(), dropped: ids, missing: ids })
  .meta({ id: 'DroppedDeadLetters' });
