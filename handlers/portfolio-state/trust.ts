import type { AccountReport } from '../../schemas/account.ts';
import type { DoubtSettings } from '../../schemas/account-doubt.ts';
import { SECOND_MS } from '../../schemas/duration.ts';
import { type DoubtReason, doubtReasons } from '../../schemas/feed.ts';
import { parseNumber, round10 } from '../../schemas/number.ts';
import type { Fields } from '../../schemas/wire.ts';
import { isTransferReason } from './transfers.ts';

/** A wallet that the account stream told agrees with the reading within this share, and within a cent. */
const WALLET_WITHIN = 0.001;
const CENT = 0.01;

/** A reading that is not believed yet. Times are Unix ms of the exchange, `since` seconds by Redis's clock. */
export interface Doubt {
  readonly reason: DoubtReason;
  readonly equityUsd: number;
  readonly expectedUsd: number | undefined;
  readonly readMs: number;
  readonly since: string;
  readonly readings: number;
}

/** What a reading is held against: what was believed last, and how many positions were held then. */
export interface Believed {
  /** US dollars with transfers since; undefined before the first reading. */
  readonly equityUsd: number | undefined;
  readonly balanceUsd: number | undefined;
  readonly readMs: number | undefined;
  readonly held: number;
}

/** What a reading is worth: `unusable` has no equity; of the others the equity is the reading's. */
export type Trust =
  | { readonly verdict: 'unusable' }
  | { readonly verdict: 'doubted'; readonly equityUsd: number; readonly doubt: Doubt; readonly isNew: boolean }
  | { readonly verdict: 'trusted'; readonly equityUsd: number; readonly ended?: 'confirmed' | 'dismissed' };

/** Whether a reading is believed by these limits (contract §5, Input trust). `now` is Unix seconds. */
export function trustOf(
  report: AccountReport,
  believed: Believed,
  doubt: Doubt | undefined,
  { now, limits }: { readonly now: string; readonly limits: DoubtSettings },
): Trust {
  const equityUsd = report.equityUsd;
  if (equityUsd === undefined) return { verdict: 'unusable' };
  const reason = suspicion(report, equityUsd, believed, limits);
  if (reason === undefined || isExplained(report, equityUsd, believed)) {
    return { verdict: 'trusted', equityUsd, ...(doubt !== undefined && { ended: 'dismissed' as const }) };
  }
  const same = doubt !== undefined && repeats(doubt, reason, equityUsd, limits);
  if (same && report.sentMs - doubt.readMs >= limits.FEED_DOUBT_CONFIRM_SEC * SECOND_MS) {
    return { verdict: 'trusted', equityUsd, ended: 'confirmed' };
  }
  if (same) {
    const lower = Math.min(doubt.equityUsd, equityUsd);
    const again = { ...doubt, equityUsd: isFall(reason) ? lower : doubt.equityUsd, readings: doubt.readings + 1 };
    return { verdict: 'doubted', equityUsd, doubt: again, isNew: false };
  }
  const expectedUsd = believed.equityUsd;
  const since = doubt?.since ?? now;
  const readings = (doubt?.readings ?? 0) + 1;
  const fresh: Doubt = { reason, equityUsd, expectedUsd, readMs: report.readMs, since, readings };
  return { verdict: 'doubted', equityUsd, doubt: fresh, isNew: doubt === undefined || doubt.reason !== reason };
}

/** Whether a doubted reading has less equity than was believed. */
export function isFall(reason: DoubtReason): boolean {
  return reason === 'equity_fell' || reason === 'equity_not_positive';
}

/** The doubt that the hash `state:portfolio:doubt` holds; undefined when it holds none that can be understood. */
export function parseDoubt(fields: Fields | null): Doubt | undefined {
  const reason = doubtReasons.find((one) => one === fields?.reason);
  const equityUsd = parseNumber(fields?.equity_usd);
  const readMs = parseNumber(fields?.read_ms);
  if (reason === undefined || equityUsd === undefined || readMs === undefined) return undefined;
  const expectedUsd = parseNumber(fields?.expected_usd);
  return {
    reason,
    equityUsd,
    expectedUsd,
    readMs,
    since: fields?.since ?? '',
    readings: parseNumber(fields?.readings) ?? 1,
  };
}

function suspicion(
  report: AccountReport,
  equityUsd: number,
  believed: Believed,
  limits: DoubtSettings,
): DoubtReason | undefined {
  if (equityUsd <= 0)
    return believed.equityUsd !== undefined && believed.equityUsd <= 0 ? undefined : 'equity_not_positive';
  const expected = believed.equityUsd;
  if (expected !== undefined && expected > 0) {
    if (equityUsd <= round10(expected * (1 - limits.FEED_DOUBT_FALL_PCT / 100))) return 'equity_fell';
    if (equityUsd >= round10(expected * (1 + limits.FEED_DOUBT_RISE_PCT / 100))) return 'equity_rose';
  }
  const known = report.positions.length + report.unreadable.length;
  return known === 0 && believed.held >= limits.FEED_DOUBT_VANISHED ? 'positions_vanished' : undefined;
}

/** A fall is said again by any reading that has fallen as far, however much further it goes: a crash does not stand still. */
function repeats(doubt: Doubt, reason: DoubtReason, equityUsd: number, limits: DoubtSettings): boolean {
  if (isFall(doubt.reason) && isFall(reason)) return true;
  if (doubt.reason !== reason) return false;
  return (
    Math.abs(equityUsd - doubt.equityUsd) <= round10((limits.FEED_DOUBT_AGREE_PCT / 100) * Math.abs(doubt.equityUsd))
  );
}

/**
 * Whether trading that the account stream told accounts for the reading: every wallet it left is the wallet of the
 * reading, and at least half of the change of equity is in the wallets.
 */
function isExplained(report: AccountReport, equityUsd: number, believed: Believed): boolean {
  const since = believed.readMs ?? 0;
  const trades = report.changes.filter(({ reason, atMs }) => !isTransferReason(reason) && atMs > since);
  const told = new Map(trades.flatMap(({ balances }) => balances.map(({ asset, wallet }) => [asset, wallet] as const)));
  if (told.size === 0) return false;
  const read = new Map(report.assets.map(({ asset, wallet }) => [asset, wallet]));
  for (const [asset, wallet] of told) if (!agrees(wallet, read.get(asset) ?? 0)) return false;
  const changeUsd = Math.abs(equityUsd - (believed.equityUsd ?? equityUsd));
  const walletUsd = Math.abs((report.balanceUsd ?? 0) - (believed.balanceUsd ?? 0));
  return walletUsd >= round10(changeUsd / 2);
}

function agrees(told: number, read: number): boolean {
  return Math.abs(told - read) <= Math.max(CENT, round10(Math.abs(told) * WALLET_WITHIN));
}
