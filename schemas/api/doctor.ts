import { z } from 'zod';
import { list, UnixSeconds } from './shapes.ts';

/** What the doctor's checks of a running portfolio find, what is well among it. */
export const DoctorAnswer = z
  .object({
    findings: list(
      z.object({
        check: z.string(),
        verdict: z.enum(['ok', 'warn', 'broken']),
        found: z.string(),
        do: z.string().describe('A command or a sentence; empty where all is well'),
        since: UnixSeconds.nullable(),
      }),
    ),
  })
  .meta({ id: 'Doctor' });

/** A parsed `DoctorAnswer`. */
export type DoctorAnswer = z.output<typeof DoctorAnswer>;
