import type { AccountReport } from '../../schemas/account.ts';
import type { CountedTransfer } from '../../schemas/portfolio-state.ts';
import type { PricedTransfer } from './high-water-mark.ts';

/** Reasons of the account stream that mean money came or went; all others are trading. */
const TRANSFER_REASONS = new Set([
  'DEPOSIT',
  'WITHDRAW',
  'WITHDRAW_REJECT',
  'ADMIN_DEPOSIT',
  'ADMIN_WITHDRAW',
  'ASSET_TRANSFER',
]);
/** Assets that are worth a dollar. */
const DOLLARS = new Set(['USDT', 'USDC', 'BUSD', 'FDUSD', 'TUSD', 'USDP', 'USD1', 'RLUSD', 'BFUSD', 'RWUSD', 'LDUSDT']);
/** The account stream and the exchange's list tell one transfer with times that are at most so far apart, ms. */
const SAME_WITHIN_MS = 10_000;
const REMEMBERED = 100;

/** A transfer whose worth in dollars is not known. */
export interface UnpricedTransfer {
  readonly asset: string;
  readonly amount: number;
}

/** Transfers that were not counted before, in order of time, and all that are to be remembered. */
export function newTransfers(
  report: Pick<AccountReport, 'changes' | 'transfers'>,
  counted: readonly CountedTransfer[],
): { readonly fresh: readonly CountedTransfer[]; readonly remembered: readonly CountedTransfer[] } {
  const remembered = [...counted];
  const fresh: CountedTransfer[] = [];
  for (const transfer of [...told(report), ...listed(report)].sort((a, b) => a.atMs - b.atMs)) {
    const known = remembered.findIndex((one) => isSame(one, transfer));
    if (known >= 0) remembered[known] = both(remembered[known] as CountedTransfer, transfer);
    else {
      remembered.push(transfer);
      fresh.push(transfer);
    }
  }
  return { fresh, remembered: remembered.slice(-REMEMBERED) };
}

/** Whether a reason of the account stream means that money came or went. */
export function isTransferReason(reason: string): boolean {
  return TRANSFER_REASONS.has(reason);
}

/** The transfers in dollars, by the price of an asset where it is no dollar; and those that have no price. */
export function pricedTransfers(
  transfers: readonly CountedTransfer[],
  priceOf: (asset: string) => number | undefined,
): { readonly priced: readonly PricedTransfer[]; readonly unpriced: readonly UnpricedTransfer[] } {
  const priced: PricedTransfer[] = [];
  const unpriced: UnpricedTransfer[] = [];
  for (const { asset, amount, atMs } of transfers) {
    const price = DOLLARS.has(asset) ? 1 : priceOf(asset);
    if (price === undefined) unpriced.push({ asset, amount });
    else priced.push({ usd: amount * price, atMs });
  }
  return { priced, unpriced };
}

function told({ changes }: Pick<AccountReport, 'changes'>): CountedTransfer[] {
  return changes.flatMap(({ reason, atMs, balances }) =>
    isTransferReason(reason)
      ? balances
          .filter(({ change }) => change !== 0)
          .map(({ asset, change }) => ({ id: undefined, asset, amount: change, atMs, told: true }))
      : [],
  );
}

function listed({ transfers }: Pick<AccountReport, 'transfers'>): CountedTransfer[] {
  return transfers.map(({ id, asset, amount, atMs }) => ({ id, asset, amount, atMs, told: false }));
}

function isSame(one: CountedTransfer, other: CountedTransfer): boolean {
  if (one.asset !== other.asset || one.amount !== other.amount) return false;
  if (one.id !== undefined && other.id !== undefined) return one.id === other.id;
  if (one.told && other.told) return one.atMs === other.atMs;
  return Math.abs(one.atMs - other.atMs) <= SAME_WITHIN_MS;
}

function both(one: CountedTransfer, other: CountedTransfer): CountedTransfer {
  const atMs = other.told ? other.atMs : one.atMs;
  return { ...one, atMs, id: one.id ?? other.id, told: one.told || other.told };
}
