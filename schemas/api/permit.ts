import { z } from 'zod';
import { ASK_TIMEOUT_MS, LONGEST_ASK_MS } from '../ask.ts';
import { Permit } from '../permit.ts';
import { words } from './change.ts';
import { Check, identifier, list } from './shapes.ts';

const above0 = (what: string) => z.number(`expected ${what}`).positive(`expected ${what}`);

/** The body of `POST /v1/permits`. */
export const AskBody = z
  .strictObject({
    symbol: identifier.describe('Such as `BTCUSDT`'),
    side: z.enum(['BUY', 'SELL']),
    qty: above0('a quantity above 0').optional().describe('In the base asset; this or `notional_usd`'),
    notional_usd: above0('US dollars above 0').optional().describe('US dollars; this or `qty`'),
    price: above0('a price above 0').optional().describe('Of a limit order, US dollars'),
    reduce_only: z.boolean().default(false).describe('Whether it only closes: caps and loss limits hold up no exit'),
    resize: z
      .boolean()
      .default(false)
      .describe('Whether the largest size that passes is given where the one asked for does not'),
    min_qty: above0('a quantity above 0').optional().describe('With `resize`: the least quantity that is of use'),
    strategy: identifier.optional().describe('Who asks; a token of a strategy says so itself'),
    plan_id: identifier.optional().describe('One is made where it is left out; the same one again is a repeat'),
    timeout_ms: z
      .int()
      .min(1)
      .max(LONGEST_ASK_MS)
      .default(ASK_TIMEOUT_MS)
      .describe('After so many milliseconds no permit can be given any more'),
  })
  .superRefine(({ qty, notional_usd, reduce_only, resize, min_qty }, context) => {
    if (min_qty !== undefined && !resize) {
      context.addIssue({
        code: 'custom',
        path: ['min_qty'],
        message: 'expected resize: true beside min_qty, got none',
      });
    }
    if (reduce_only && qty === undefined) {
      context.addIssue({ code: 'custom', path: ['qty'], message: 'expected the quantity to close, got nothing' });
    } else if ((qty === undefined) === (notional_usd === undefined)) {
      const got = qty === undefined ? 'neither' : 'both';
      context.addIssue({ code: 'custom', path: ['qty'], message: `expected either qty or notional_usd, got ${got}` });
    }
  });

/** A parsed `AskBody`. */
export type AskBody = z.output<typeof AskBody>;

const figure = z.number().nullable();
const asked = { plan_id: z.string() };

/** What `POST /v1/permits` answers. */
export const AskAnswer = z
  .discriminatedUnion('granted', [
    z.object({
      ...asked,
      granted: z.literal(true),
      repeated: z.boolean().describe('Whether it is the permit that an earlier ask was given'),
      expires_at: z.number().describe('Unix seconds: execute nothing from then on'),
      permit: Permit,
    }),
    z.object({
      ...asked,
      granted: z.literal(false),
      reason: z.string(),
      words: z.string().describe('The reason in words'),
      checks: list(Check).describe('Every gate with its value, its limit and the headroom between them'),
      largest: z
        .object({ notional_usd: figure, qty: figure, price_usd: figure })
        .nullable()
        .describe('Of an order that opens: the largest size that would pass now; null where none does'),
    }),
  ])
  .meta({ id: 'AskAnswer' });

/** A parsed `AskAnswer`. */
export type AskAnswer = z.output<typeof AskAnswer>;

/** The body of `POST /v1/permits/:id/result`. */
export const PermitResultBody = z.strictObject({
  outcome: z.enum(['filled', 'partly', 'rejected']).describe('Nothing of a rejected order was executed'),
  qty: z.number().nonnegative().optional().describe('What was executed, in the base asset'),
  price: above0('a price above 0').optional().describe('At what mean price, US dollars'),
  error: words('why it was rejected').optional(),
});

/** What became of a permit, as it was written. */
export const PermitResultAnswer = z
  .object({ ...asked, executed: z.boolean(), id: z.string().describe('Stream id of the entry in apply.result') })
  .meta({ id: 'PermitResult' });

/** What giving a permit back came to. */
export const GiveBackAnswer = z
  .object({
    ...asked,
    given_back: z.boolean().describe('Whether its room is free already; else it is as soon as a governor runs'),
    id: z.string().describe('Stream id of the entry in apply.result'),
  })
  .meta({ id: 'GivenBackPermit' });
