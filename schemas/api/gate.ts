import { z } from 'zod';
import { CheckText, list } from './shapes.ts';

const words = z.record(z.string(), z.string());

const Stream = z.object({
  stream: z.string(),
  summary: z.string(),
  fields: words.describe('What each field holds; a name that ends in `?` may be left out'),
});

/** What every gate declares of itself. */
export const Gates = z
  .object({
    gates: list(
      z.object({
        gate: z.string(),
        handlers: list(z.object({ handler: z.string(), summary: z.string() })),
        modes: z
          .object({
            values: words.describe('Each mode, and what comes of putting the gate into it'),
            resting: z.string().describe('The mode in which it shows what it would do'),
            enforcing: z.string().describe('The mode that an activation puts it into'),
            silent: list(z.string()).describe('Modes in which nothing it decides has an effect'),
          })
          .nullable(),
        reads: list(Stream).describe('Streams that other programs write'),
        writes: list(Stream),
        lookups: list(
          z.object({ key: z.string(), kind: z.enum(['hash', 'string']), holds: z.string(), kept_for: z.string() }),
        ),
        limits: list(z.string()).describe('Settings that a policy may set while it runs'),
        reasons: words.describe('The reasons of its decisions, in words; `-` where a decision has a figure'),
        checks: z.record(z.string(), CheckText).describe('How its checks are called, by their names'),
        metrics: list(z.object({ metric: z.string(), help: z.string() })),
      }),
    ),
  })
  .meta({ id: 'Gates' });

/** A parsed `Gates`. */
export type Gates = z.output<typeof Gates>;
