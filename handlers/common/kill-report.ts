import { keys } from '../../schemas/keys.ts';
import { formatNumber } from '../../schemas/number.ts';
import { type BestEffort, type Effect, nothing, type Outcome } from '../contract/effects.ts';
import type { TextFact } from '../contract/reads.ts';
import { governorEvent, ledgerEntry } from './governor-events.ts';
import { killIsOn } from './governor-state.ts';

/** A stream of another type must not keep a kill from taking effect. */
const UNRECORDED: BestEffort = {
  warning: 'the kill switch was turned and could not be recorded: a stream is of another type',
};

/** Why something is off that nobody is known to have turned off. */
export const KEY_GONE = 'the key is gone: deleted, evicted, or all data were lost';

/** What is read of the kill switch: its key, and the value of it that was last reported. Both are held. */
export interface KillFacts {
  readonly kill: TextFact;
  readonly killSeen: TextFact;
}

/**
 * Reports a switch that was turned by any other means than an operator's command, once (contract §4, Kill). Turned on, it
 * marks the permits of before for revocation, so that they go even if it is turned off again before the watcher looks.
 * Whoever sees it first reports it, on or off: an off that no judgment reported would hide the next on.
 */
export function killReport({ kill, killSeen }: KillFacts, around: { mode: string; nowMs: number }): Outcome {
  if (killSeen.wrongType) return { effects: [{ do: 'del', key: keys.killSeen }] };
  const on = killIsOn(kill);
  const before = killIsOn(killSeen);
  if (on === before) return nothing;
  const reason = kill.text === null && !kill.wrongType ? KEY_GONE : 'key written outside portcullis';
  const [event, action] = on ? (['KILL_ON', 'kill_on'] as const) : (['KILL_OFF', 'kill_off'] as const);
  const change = { action, actor: 'unknown', reason, before: before ? 'on' : 'off', after: on ? 'on' : 'off' };
  return {
    effects: [
      { do: 'set', scope: 'shared', key: keys.killSeen, value: on ? '1' : '0' },
      ...(on ? revokeUntil(around.nowMs) : []),
      { ...governorEvent(event, { reason, mode: around.mode }, around.nowMs), bestEffort: UNRECORDED },
      { ...ledgerEntry(change, around.nowMs), bestEffort: UNRECORDED },
    ],
    log: [{ level: 'error', text: `${event}: ${reason}` }],
  };
}

function revokeUntil(nowMs: number): readonly Effect[] {
  return [{ do: 'set', key: keys.revokeUntil, value: formatNumber(nowMs), bestEffort: {} }];
}
