import { keys } from '../../schemas/keys.ts';
import { parseNumber } from '../../schemas/number.ts';
import { timeOf } from '../../schemas/time.ts';
import { type BestEffort, type Effect, nothing, type Outcome } from '../contract/effects.ts';
import type { HashFact } from '../contract/reads.ts';
import type { Exposure } from './exposure.ts';
import { governorEvent, ledgerEntry } from './governor-events.ts';
import { countOf } from './known-exposure.ts';

/** What of the mark a judgment rests on. */
export const DATA_LOST_HELD = ['at'] as const;

/** A stream of another type must not keep OPEN plans waiting, nor let them through. */
const UNRECORDED: BestEffort = {
  warning: 'data were lost, or are reported again, and it could not be recorded: a stream is of another type',
};

/** Whether OPEN plans wait for positions to be reported afresh (contract §4, Lost data). */
export function isDataLost({ fields, wrongType }: HashFact): boolean {
  return fields !== null || wrongType;
}

/** What is read of a loss: the mark, and what was reported of account and positions. */
export interface DataLossFacts {
  readonly dataLost: HashFact;
  readonly portfolio: HashFact;
  readonly exposure: Exposure;
}

/** Reports once that Redis lost data, and once that account and positions were reported afresh since: then OPEN plans go on. */
export function dataLossReport(facts: DataLossFacts, around: { mode: string; nowMs: number }): Outcome {
  const lost = facts.dataLost.fields;
  if (lost === null) return nothing;
  const [at, told] = [lost.at ?? '', lost.told !== undefined];
  if (!told) {
    const reason = `commits went back from ${lost.seen ?? '?'} to ${lost.found ?? '?'}`;
    const effect: Effect = { do: 'hset', scope: 'shared', key: keys.dataLost, fields: { told: '1' } };
    return reported('DATA_LOST', reason, { before: '', after: at, effect }, around);
  }
  if (!isReportedSince(parseNumber(at) ?? Infinity, facts)) return nothing;
  const effect: Effect = { do: 'del', scope: 'shared', key: keys.dataLost };
  return reported(
    'DATA_REPORTED',
    'account and positions were reported afresh',
    { before: at, after: '', effect },
    around,
  );
}

function reported(
  event: 'DATA_LOST' | 'DATA_REPORTED',
  reason: string,
  { before, after, effect }: { before: string; after: string; effect: Effect },
  { mode, nowMs }: { mode: string; nowMs: number },
): Outcome {
  const action = event === 'DATA_LOST' ? 'data_lost' : 'data_reported';
  return {
    effects: [
      effect,
      { ...governorEvent(event, { reason, mode }, nowMs), bestEffort: UNRECORDED },
      { ...ledgerEntry({ action, actor: 'portcullis', reason, before, after }, nowMs), bestEffort: UNRECORDED },
    ],
    log: [{ level: event === 'DATA_LOST' ? 'error' : 'warn', text: `${event}: ${reason}` }],
  };
}

/**
 * Whether the portfolio state and every position are from after a loss: as many positions as that state counts, and no
 * held one from before. Where no state counts positions, a report of any since is needed instead.
 */
function isReportedSince(atMs: number, { portfolio, exposure }: DataLossFacts): boolean {
  const since = exposure.since(atMs).count;
  const counted = portfolio.fields === null ? undefined : countOf(portfolio.fields);
  if (counted === undefined) return (exposure.newestAtMs ?? -Infinity) >= atMs && since === exposure.count;
  const stateMs = portfolio.fields === null ? undefined : timeOf(portfolio.fields);
  if (stateMs === undefined || stateMs < atMs) return false;
  return counted === 0 || (since >= counted && since === exposure.count);
}
