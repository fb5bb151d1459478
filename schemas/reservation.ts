import { z } from 'zod';
import { remembered } from './remembered.ts';

const amount = z.number().nonnegative().finite();
const known = z.number().finite().nullable();

const Stored = z.object({
  symbol: z.string().min(1),
  side: z.enum(['BUY', 'SELL']).nullable(),
  notional_usd: amount,
  qty: amount.nullable(),
  through_qty: amount.nullable(),
  through_notional_usd: amount,
  base_qty: known,
  base_notional_usd: known,
  created_ms: amount,
  expires_ms: amount,
  strategy: z.string().min(1).optional(),
});

/**
 * Room kept for an OPEN permit until its order shows in the position (contract §4, Reservations): US dollars, absolute
 * quantity, Unix ms. `base_*` is the signed position it started from; `through_*` sums it up with the earlier
 * reservations of the same symbol and side that were outstanding then, so that a move releases only what it covers.
 * `strategy` is there where the plan named one.
 */
export type Reservation = Readonly<z.output<typeof Stored>>;

/** The reservation that a field of `governor:reserved` holds, or `undefined` when it cannot be read. */
export const parseReservation = remembered(parsed);

function parsed(text: string): Reservation | undefined {
  try {
    const stored = Stored.safeParse(JSON.parse(text));
    return stored.success ? stored.data : undefined;
  } catch {
    return undefined;
  }
}
