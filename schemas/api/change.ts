import { z } from 'zod';
import { tradingStates } from '../governor.ts';
import { list } from './shapes.ts';

/** Text that is needed in a body; `what` says what it is. */
export const words = (what: string) =>
  z.string(`expected ${what}`).trim().min(1, `expected ${what}, got nothing`).max(1000);

/** Who changes something and why: both go to the ops ledger. */
export const Because = {
  actor: words('the name of who does this').default('http'),
  reason: words('a reason in words'),
};

/** The body of a change that needs no more than a reason. */
export const BecauseBody = z.strictObject(Because);

/** The body of `POST /v1/kill`: turning the switch on needs no reason. */
export const KillBody = z.discriminatedUnion('state', [
  z.strictObject({ ...Because, state: z.literal('on'), reason: Because.reason.default('turned on over HTTP') }),
  z.strictObject({ ...Because, state: z.literal('off') }),
]);

/** The body of `POST /v1/state`. */
export const StateBody = z.strictObject({ ...Because, trading_state: z.enum(tradingStates) });

/** The body of `POST /v1/mode`. */
export const ModeBody = z.strictObject({ ...Because, gate: words('a gate'), mode: words('a mode') });

/** The body of `POST /v1/positions/clear`. */
export const ClearBody = z.strictObject({ ...Because, symbol: z.string().optional() });

/** The body of `POST /v1/account/mark`. */
export const AccountMarkBody = z.strictObject({
  ...Because,
  usd: z.number().positive().describe('The high-water mark of equity, US dollars'),
});

const switched = z.enum(['on', 'off']);

/** What the kill switch was and is; `recorded` is false when the ledger could not be written. */
export const KillAnswer = z
  .object({ before: switched, after: switched, recorded: z.boolean() })
  .meta({ id: 'KillChange' });

/** The same for each portfolio, where the switch was turned on for all of several. */
export const KillAllAnswer = list(KillAnswer.extend({ portfolio: z.string() }));

/** The governor's state before and after a change. */
export const StateAnswer = z
  .object({ rev: z.string(), before: z.string(), after: z.string() })
  .meta({ id: 'StateChange' });

/** The mode of a gate before and after, and how many stored budgets were rewritten with it. */
export const ModeAnswer = z
  .object({ gate: z.string(), before: z.string(), after: z.string(), budgets: z.number().int() })
  .meta({ id: 'ModeChange' });

/** The high-water mark before and after. */
export const AccountMarkAnswer = z
  .object({ before: z.string().describe('US dollars; empty without one'), after: z.string() })
  .meta({ id: 'AccountMarkChange' });

/** What declaring a position closed did. */
export const ClearAnswer = z
  .object({
    symbol: z.string(),
    before: z.string().describe('The quantity its newer hash named; empty without one'),
    id: z.string().describe('Stream id of the zero entry'),
    hashes: z.number().int().describe('Position hashes that were deleted'),
  })
  .meta({ id: 'ClearedPosition' });
