import { z } from 'zod';
import { list, UnixSeconds } from './shapes.ts';

/** What somebody may do: look, or change too. */
export const Role = z.enum(['operator', 'viewer']);

/** A parsed `Role`. */
export type Role = z.output<typeof Role>;

/** The body of `POST /console/session`. */
export const SignInBody = z.strictObject({ token: z.string().max(1000), name: z.string().trim().max(100).optional() });

/** The body of `POST /console/enter`. */
export const EnterBody = z.strictObject({ link: z.string().min(1).max(200) });

/** A session of the console. */
export const Session = z
  .object({
    role: Role,
    name: z.string(),
    csrf: z.string().describe('To be sent as X-CSRF-Token with every change'),
    expires_at: UnixSeconds,
    read_only: z.boolean().describe('Whether nobody may change anything through a session'),
    version: z.string(),
    portfolios: list(z.string()),
  })
  .meta({ id: 'Session' });

/** A parsed `Session`. */
export type Session = z.output<typeof Session>;
