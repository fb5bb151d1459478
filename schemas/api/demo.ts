import { z } from 'zod';
import { Because } from './change.ts';
import { UnixSeconds } from './shapes.ts';

/** The body of `POST /v1/demo` and of its end: nothing of the portfolio is changed, so a reason may be left out. */
export const DemoBody = z.strictObject({ ...Because, reason: Because.reason.default('asked over HTTP') });

/** The last demo that was begun over HTTP, as far as it has come. */
export const DemoRun = z
  .object({
    state: z
      .enum(['none', 'running', 'done', 'stopped', 'failed', 'lost'])
      .describe(
        '`done`: it can be looked at, for an hour; `failed`: it could not be played to its end; `lost`: the process that had it is gone. Of all but `running` and `done` nothing is left',
      ),
    by: z.string().describe('Who began it'),
    reason: z.string().describe('Why'),
    at: UnixSeconds.nullable().describe('When it was begun, Unix seconds'),
    prefix: z.string().describe('Prefix of the portfolio it is played on, for `?portfolio=` of what is looked at'),
    played: z.number().int().describe('Hours played'),
    hours: z.number().int().describe('Hours of the whole month'),
    simulated_at: UnixSeconds.nullable().describe('What its own clock says, Unix seconds'),
    until: UnixSeconds.nullable().describe('When it is deleted by itself, once it is done, Unix seconds'),
    says: z.string().describe('What came of it in words; empty while it runs'),
    report: z.string().describe('The summary as `npm run demo` prints it; empty until it is done'),
  })
  .meta({ id: 'DemoRun' });

/** A parsed `DemoRun`. */
export type DemoRun = z.output<typeof DemoRun>;

/** The same, with why none can be begun now. */
export const DemoNow = DemoRun.extend({
  refused: z.string().describe('Why none can be begun now; empty where one can'),
}).meta({ id: 'DemoNow' });

/** A parsed `DemoNow`. */
export type DemoNow = z.output<typeof DemoNow>;
