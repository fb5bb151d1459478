import type { AccountReport } from '../../schemas/account.ts';
import type { FeedEvent } from '../../schemas/feed.ts';
import { keys, streams } from '../../schemas/keys.ts';
import { formatNumber, round10 } from '../../schemas/number.ts';
import {
  type AccountMemory,
  figure,
  formatMemory,
  type NetTransfers,
  netFields,
} from '../../schemas/portfolio-state.ts';
import { toEpochSeconds } from '../../schemas/time.ts';
import type { Effect } from '../contract/effects.ts';
import { drawdownPct, highWaterMark } from './high-water-mark.ts';
import type { Doubt } from './trust.ts';

const STATE_TTL_SEC = 120;

/** The portfolio state of a reading that is believed (contract §5). */
export function stateEffect(
  report: AccountReport,
  equityUsd: number,
  markUsd: number | undefined,
  net: NetTransfers,
): Effect {
  const count = String(report.positions.length + report.unreadable.length);
  const grossUsd = report.positions.reduce((sum, { grossNotionalUsd }) => sum + (grossNotionalUsd ?? 0), 0);
  return {
    do: 'hset',
    scope: 'shared',
    key: keys.portfolioState,
    fields: {
      equity_usd: formatNumber(equityUsd),
      // Confirmed, a ruin is no calmer than in doubt: exits go on to pass, and nothing opens.
      ...(equityUsd <= 0 && { equity_low_usd: formatNumber(equityUsd) }),
      drawdown: formatNumber(drawdownPct(equityUsd, markUsd)),
      timestamp: toEpochSeconds(report.takenMs),
      ...netFields(net),
      ...figure('balance_usd', report.balanceUsd),
      ...figure('available_usd', report.availableUsd),
      ...figure('unrealized_pnl_usd', report.unrealizedPnlUsd),
      positions_count: count,
      total_positions: count,
      positions_notional_usd: formatNumber(round10(grossUsd)),
      ...figure('maintenance_margin_usd', report.maintenanceUsd),
      ...liquidationFields(report),
      source: report.source,
    },
    ttlSec: STATE_TTL_SEC,
    replace: true,
  };
}

/** The position nearest to its liquidation; nothing where the exchange gave no such price. */
function liquidationFields({ positions }: AccountReport): Readonly<Record<string, string>> {
  const [nearest] = positions
    .flatMap(({ symbol, liquidationDistance }) =>
      liquidationDistance === undefined ? [] : [{ symbol, distance: liquidationDistance }],
    )
    .sort((one, other) => one.distance - other.distance);
  if (nearest === undefined) return {};
  return { liquidation_distance: formatNumber(nearest.distance), liquidation_symbol: nearest.symbol };
}

/** An equity that is in doubt and below the believed one: the gates use the smaller of both until that is decided. */
export function lowEquityEffect(equityUsd: number): Effect {
  return {
    do: 'hset',
    scope: 'shared',
    key: keys.portfolioState,
    fields: { equity_low_usd: formatNumber(equityUsd) },
    ttlSec: STATE_TTL_SEC,
  };
}

/** The high-water mark with all that the feed remembers. */
export function memoryEffect(memory: AccountMemory, nowMs: number): Effect {
  const fields = {
    ...figure('hwm_usd', highWaterMark(memory.marks)),
    ...formatMemory(memory),
    timestamp: toEpochSeconds(nowMs),
  };
  return { do: 'hset', scope: 'shared', key: keys.highWaterMark, fields, replace: true };
}

/** The reading that is not believed yet. */
export function doubtEffect(doubt: Doubt): Effect {
  const fields = {
    reason: doubt.reason,
    equity_usd: formatNumber(doubt.equityUsd),
    ...figure('expected_usd', doubt.expectedUsd),
    read_ms: formatNumber(doubt.readMs),
    since: doubt.since,
    readings: String(doubt.readings),
  };
  return { do: 'hset', scope: 'shared', key: keys.doubt, fields, replace: true };
}

/** An entry of `feed.events`. */
export function feedEvent(
  event: FeedEvent,
  about: { readonly symbol?: string; readonly reason: string; readonly detail?: string },
  nowMs: number,
): Effect {
  const { symbol = '', reason, detail = '' } = about;
  const fields = { event, symbol, reason, detail, timestamp: toEpochSeconds(nowMs) };
  return { do: 'emit', stream: streams.feedEvents, fields };
}
