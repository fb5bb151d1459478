import { closeFraction } from '../../../schemas/action.ts';
import { type DecisionRecord, recorded } from '../../../schemas/decision.ts';
import { RecordedOrder } from '../../../schemas/governor-record.ts';
import { round10 } from '../../../schemas/number.ts';
import type { OtherExit } from '../../common/otherwise/exits.ts';

/** What a CLOSE asks for: base units where it says some, and a share of the position; in the log, and here. */
export interface Asked {
  readonly qty: number | undefined;
  readonly qtyHere: number | undefined;
  readonly share: number | undefined;
  readonly shareHere: number | undefined;
  /** Whether it carries out an exit that would close another share here. */
  readonly followed: boolean;
}

/** Of a CLOSE that carries out an exit as the log's gate softened it, what it would ask for as softened here. */
export function askedOf(record: DecisionRecord, exit: OtherExit | undefined, loggedQty = 0): Asked {
  const order = recorded(RecordedOrder, record.input);
  const qty = order?.qty ?? order?.close_qty;
  const share = closeFraction(record.action);
  const plain = { qty, qtyHere: qty, share, shareHere: share, followed: false };
  if (exit === undefined) return plain;
  const ofAll = qty === undefined || loggedQty === 0 ? undefined : round10(qty / Math.abs(loggedQty));
  if ((share ?? ofAll) !== exit.logged || (qty !== undefined && ofAll !== exit.logged)) return plain;
  return { ...plain, qtyHere: qty && (qty / exit.logged) * exit.here, shareHere: exit.here, followed: true };
}

/** Which share of the position a CLOSE takes, in the log and here: by quantity where it says one. */
export function sharesOf(asked: Asked, loggedQty = 0, hereQty = 0): readonly [logged: number, here: number] {
  const { qty, qtyHere, share = 0, shareHere = 0, followed } = asked;
  if (qty === undefined || qtyHere === undefined) return [share, shareHere];
  const of = (units: number, held: number) => (held === 0 ? 1 : Math.min(1, units / Math.abs(held)));
  const isWhole = loggedQty !== 0 && qty >= Math.abs(loggedQty);
  return [of(qty, loggedQty), followed ? shareHere : isWhole ? 1 : of(qtyHere, hereQty)];
}
