import { z } from 'zod';
import { Because } from './change.ts';
import { list, StreamId } from './shapes.ts';

/** How far every stream goes, and its groups. */
export const StreamPositions = z
  .object({
    streams: list(
      z.object({
        stream: z.string(),
        entries: z.number().int(),
        last_id: z.string().describe('`0-0` where it does not exist'),
        ahead_sec: z.number().describe('How far its last id, or the position of a group, is ahead of Redis’s clock'),
        groups: list(z.object({ group: z.string(), last_delivered_id: z.string(), pending: z.number().int() })),
      }),
    ),
  })
  .meta({ id: 'StreamPositions' });

/** A parsed `StreamPositions`. */
export type StreamPositions = z.output<typeof StreamPositions>;

/** What a repair did to a stream. */
export const StreamRepairAnswer = z
  .object({
    stream: z.string(),
    before: z.string().describe('Its last id before'),
    after: z.string().describe('The id of its newest entry now'),
    moved: z.number().int().describe('Entries that have a new id'),
    set_aside: z.number().int().describe('Entries with too many fields for one command: they are dead letters'),
    groups: list(
      z.object({
        group: z.string(),
        at: z.string().describe('Up to where it counts as having read'),
        reads_again: z.boolean().describe('It may read entries again: nobody knows what it had read'),
      }),
    ).describe('Groups whose position was taken back'),
  })
  .meta({ id: 'RepairedStream' });

/** The body of `POST /v1/streams/{stream}/rejudge`. */
export const RejudgeBody = z.strictObject({ ...Because, ids: z.array(StreamId).min(1).max(1000) });

/** What became of entries that were to be judged again. */
export const RejudgeAnswer = z
  .object({
    stream: z.string(),
    again: list(z.object({ id: z.string(), new_id: z.string() })),
    missing: list(z.string()).describe('Not in the stream'),
    too_large: list(z.string()).describe('Too many fields for one command'),
  })
  .meta({ id: 'RejudgedEntries' });
