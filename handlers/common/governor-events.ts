import { timestamp } from '../../schemas/api/streams/described.ts';
import type { GovernorEvent } from '../../schemas/governor.ts';
import { streams } from '../../schemas/keys.ts';
import { toEpochSeconds } from '../../schemas/time.ts';
import type { Effect } from '../contract/effects.ts';
import type { OutputStream } from '../contract/handler.ts';

/** The gate that the kill switch and the trading state belong to, as the ledger names it; its mode stands on every event. */
export const SWITCHES_GATE = 'governor';

/** The stream that the handlers of the governor write. */
export const governorEventStreams: readonly OutputStream[] = [
  {
    direction: 'out',
    name: streams.governorEvents,
    summary: 'Permits, blocks and what else the governor did',
    writers: 'Governor, and operators',
    readers: 'Dashboards',
    fields: {
      event: 'Such as `PERMIT`, `BLOCK` or `KILL_ON`',
      plan_id: 'Id of the plan; empty where there is none',
      symbol: 'Symbol; empty where there is none',
      action: 'Action of the plan; empty where there is none',
      'strategy?': 'The strategy that asked, where the plan names one',
      reason: 'Why',
      mode: 'Mode of the governor',
      checks: 'JSON list of the checks',
      timestamp,
    },
  },
];

/** What an entry of `governor.events` tells; what is left out is empty. */
export interface GovernorEventDetails {
  readonly planId?: string;
  readonly symbol?: string;
  readonly action?: string;
  /** Which strategy asked, where it is named. */
  readonly strategy?: string | undefined;
  readonly reason: string;
  readonly mode: string;
  /** JSON text of the checks. */
  readonly checks?: string;
}

/** An entry of `governor.events` (contract §4). */
export function governorEvent(event: GovernorEvent, details: GovernorEventDetails, nowMs: number): Effect {
  const fields = {
    event,
    plan_id: details.planId ?? '',
    symbol: details.symbol ?? '',
    action: details.action ?? '',
    ...(details.strategy !== undefined && { strategy: details.strategy }),
    reason: details.reason,
    mode: details.mode,
    checks: details.checks ?? '[]',
    timestamp: toEpochSeconds(nowMs),
  };
  return { do: 'emit', stream: streams.governorEvents, fields };
}

/** What an entry of `ops.ledger` records of a change that no operator's command made. */
export interface LedgerDetails {
  readonly action:
    | 'kill_on'
    | 'kill_off'
    | 'disarm'
    | 'data_lost'
    | 'data_reported'
    | 'loss_started'
    | 'loss_limit'
    | 'loss_release';
  readonly actor: string;
  readonly reason: string;
  readonly before: string;
  readonly after: string;
}

/** An entry of `ops.ledger`, in the fields of the operators' own (contract §6). */
export function ledgerEntry(details: LedgerDetails, nowMs: number): Effect {
  const { action, actor, reason, before, after } = details;
  const fields = { action, actor, reason, gate: SWITCHES_GATE, symbol: '', before, after };
  return { do: 'emit', stream: streams.ledger, chained: true, fields: { ...fields, timestamp: toEpochSeconds(nowMs) } };
}
