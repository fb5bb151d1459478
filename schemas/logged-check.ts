import { z } from 'zod';

const compared = z.union([z.number(), z.string(), z.boolean(), z.null()]);

/** A judged limit as the decision log keeps it: value and limit in the gate's own unit, headroom where both are numbers. */
const LoggedCheck = z.object({
  gate: z.string(),
  value: compared,
  limit: compared,
  headroom: z.number().nullable(),
  verdict: z.enum(['pass', 'refuse', 'skipped', 'would_refuse']),
});

/** A parsed check of the log. */
export type LoggedCheck = z.output<typeof LoggedCheck>;

/** The checks of a decision-log entry; none where its text cannot be read. */
export function loggedChecks(text: string | undefined): readonly LoggedCheck[] {
  const parsed = z.array(LoggedCheck).safeParse(jsonOf(text));
  return parsed.success ? parsed.data : [];
}

/** The value that a JSON text spells, or `undefined` where it spells none. */
export function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
