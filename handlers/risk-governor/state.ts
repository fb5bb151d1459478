import { keys } from '../../schemas/keys.ts';
import { formatNumber, parseNumber, round10 } from '../../schemas/number.ts';
import type { StateSource } from '../../schemas/risk-governor.ts';
import { isYounger, timeOf, toEpochSeconds } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import { statedEquity } from '../common/equity.ts';
import type { Effect } from '../contract/effects.ts';
import type { HashFact } from '../contract/reads.ts';

/** A portfolio state that budgets may rest on. */
export interface UsableState {
  readonly source: StateSource;
  readonly equityUsd: number;
  /** US dollars of a reading that is in doubt; `equityUsd` is at most that. Undefined where none is. */
  readonly lowUsd: number | undefined;
  /** In percent; undefined when the state has no usable one. */
  readonly drawdown: number | undefined;
  /** Unix ms by the state's own timestamp, remembered or not. */
  readonly atMs: number;
}

/** How old a portfolio state may be, in seconds: as it is read, and as it is remembered. */
export interface StateAges {
  readonly STALE_SEC: number;
  readonly MAX_LKG_AGE_SEC: number;
}

/** The state as read while it is fresh, else the last-known-good one while that is young enough, else none (contract §3). */
export function usableState(
  read: HashFact,
  remembered: HashFact,
  ages: StateAges,
  nowMs: number,
): UsableState | undefined {
  const lowUsd = read.fields === null ? undefined : statedEquity(read.fields).lowUsd;
  return (
    stateWithin(read.fields, { maxAgeSec: ages.STALE_SEC, source: 'fresh', lowUsd, nowMs }) ??
    stateWithin(remembered.fields, { maxAgeSec: ages.MAX_LKG_AGE_SEC, source: 'last_known_good', lowUsd, nowMs })
  );
}

/** Remembers a fresh state, with its own timestamp, as the last-known-good one. */
export function remember(state: UsableState): Effect {
  const drawdown: Record<string, string> = {};
  if (state.drawdown !== undefined) drawdown.drawdown = formatNumber(state.drawdown);
  return {
    do: 'hset',
    key: keys.lastKnownGood,
    fields: { equity_usd: formatNumber(state.equityUsd), ...drawdown, timestamp: toEpochSeconds(state.atMs) },
    replace: true,
    ifNewer: true,
    bestEffort: {
      failed: [{ metric: 'p28_redis_write_fail_total' }],
      warning: 'P2.8: the last-known-good portfolio state could not be written',
    },
  };
}

interface Within {
  readonly maxAgeSec: number;
  readonly source: StateSource;
  /** An equity in doubt counts for what is remembered too: that is of before the fall. */
  readonly lowUsd: number | undefined;
  readonly nowMs: number;
}

function stateWithin(fields: Fields | null, { maxAgeSec, source, lowUsd, nowMs }: Within): UsableState | undefined {
  if (fields === null) return undefined;
  const atMs = timeOf(fields);
  if (atMs === undefined || !isYounger(atMs, nowMs, maxAgeSec * 1000)) return undefined;
  const believedUsd = parseNumber(fields.equity_usd) ?? 0;
  const equityUsd = round10(lowUsd === undefined ? believedUsd : Math.min(believedUsd, lowUsd));
  if (equityUsd <= 0) return undefined;
  return { source, equityUsd, lowUsd, drawdown: parseNumber(fields.drawdown), atMs };
}
