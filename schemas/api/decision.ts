import { z } from 'zod';
import { list, StreamId, UnixSeconds } from './shapes.ts';

/** A decision as a line of the tape. */
export const DecisionRow = z
  .object({
    id: StreamId.describe('Its id in the decision log'),
    at: UnixSeconds.describe('When it was made, by the clock of the portfolio'),
    gate: z.string().describe('Empty for a handler that is not known here'),
    handler: z.string(),
    verdict: z.string(),
    reason: z.string(),
    symbol: z.string(),
    plan_id: z.string(),
    strategy: z.string().optional().describe('Which strategy asked, where it is named'),
    action: z.string(),
    mode: z.string(),
    source_id: z.string(),
    summary: z.string().describe('The reason in words'),
    tick: z.boolean().describe('Whether a schedule decided it, and no message'),
  })
  .meta({ id: 'DecisionRow' });

/** A parsed `DecisionRow`. */
export type DecisionRow = z.output<typeof DecisionRow>;

/** Decisions, newest first. */
export const DecisionPage = z
  .object({
    entries: list(DecisionRow),
    next: StreamId.nullable().describe('`before` of the next page; null at the end of the log'),
    searched_to: StreamId.nullable().describe('The oldest entry looked at; null where there was none'),
  })
  .meta({ id: 'DecisionPage' });

/** A parsed `DecisionPage`. */
export type DecisionPage = z.output<typeof DecisionPage>;

/** The data of a `decisions` event of the live stream. `count` and `counts` are of all; `entries` may be a sample. */
export const LiveDecisions = z
  .object({
    from: StreamId.describe('The id after which it begins: `to` of the event before'),
    to: StreamId.describe('The last one, which is the id of the event'),
    count: z.number().int(),
    counts: list(z.object({ gate: z.string(), verdict: z.string(), count: z.number().int() })),
    entries: list(DecisionRow).describe('At most 50, newest last'),
    sampled: z.boolean().describe('Whether there are more than `entries`'),
  })
  .meta({ id: 'LiveDecisions' });

/** A parsed `LiveDecisions`. */
export type LiveDecisions = z.output<typeof LiveDecisions>;
