import { z } from 'zod';

/** What happened to a problem: it began, it is over, or it is of one moment alone. */
const alertStates = ['began', 'ended', 'happened'] as const;

/** One message of the webhook, in the format `json` (contract §6, Webhook). */
export const Alert = z.object({
  /** The same each time it is sent again. */
  id: z.string(),
  state: z.enum(alertStates),
  severity: z.enum(['critical', 'warning']),
  /** Prefix of the portfolio; empty where it is about a whole process. */
  portfolio: z.string(),
  /** What it is about: the same when it begins and when it ends. */
  key: z.string(),
  what: z.string(),
  do: z.string(),
  /** Unix seconds by Redis's clock; by the sender's own where Redis is away. */
  at: z.number(),
});

/** A parsed `Alert`. */
export type Alert = z.output<typeof Alert>;

/** An alert that waits in the outbox: its entry there gives it its id. */
export type WaitingAlert = Omit<Alert, 'id'>;
