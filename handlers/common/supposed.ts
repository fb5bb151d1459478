import { actionKind } from '../../schemas/action.ts';
import { type Fields, fieldsOf } from '../../schemas/wire.ts';
import type { HashFact } from '../contract/reads.ts';

/** A hash with some fields as they are supposed to be. */
export function withFields(fact: HashFact, changed: Readonly<Record<string, string>>): HashFact {
  return { fields: fieldsOf(Object.entries({ ...fact.fields, ...changed }).flat()), wrongType: false };
}

/** Whether an entry is a proposed exit: one that closes, and says nothing of an order. */
export function isProposedExit(entry: Fields): boolean {
  const { action = entry.harvest_action ?? '', qty, notional_usd, side } = entry;
  const isOrder = (qty ?? notional_usd ?? side) !== undefined;
  return !isOrder && actionKind(action, false) === 'CLOSE';
}
