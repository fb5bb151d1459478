import { z } from 'zod';
import { riskFigures } from '../book-risk.ts';
import { list, UnixSeconds } from './shapes.ts';

/** The figures of the book's risk as they are kept: parts of equity. */
export const RiskAnswer = z
  .object({
    state: z.enum(['none', 'unreadable', 'kept']).describe('none: no figure is reported, or none was computed of late'),
    at: UnixSeconds.nullable().describe('When they were computed; null where that is not known'),
    age_sec: z.number().nullable().describe('Seconds since then by the clock of the portfolio'),
    equity_usd: z.number().nullable(),
    positions: z.number().nullable(),
    figures: list(
      z.object({
        figure: z.enum(riskFigures),
        value: z.number().nullable().describe('A part of equity; null while it is not known'),
        reason: z.string().describe('ok, or why it is not known'),
        scenario: z.string().nullable().describe('Of shock: the worst of its scenarios'),
        liquidation: z
          .object({ symbol: z.string(), distance: z.number() })
          .nullable()
          .describe(
            'Of margin: the position nearest to its liquidation, and how far its mark is from there, a part of it',
          ),
        components: list(z.object({ symbol: z.string(), value: z.number() })).describe(
          'What positions add, the largest first: what to cut first',
        ),
      }),
    ),
  })
  .meta({ id: 'BookRisk' });

/** A parsed `RiskAnswer`. */
export type RiskAnswer = z.output<typeof RiskAnswer>;
