import { formatNumber, round10 } from '../../../../schemas/number.ts';
import { ExchangeError } from '../errors.ts';
import type { AccountReading, AssetBalance } from '../port.ts';
import { excerptOf, figureOf, type Item, itemOf, listOf, Problems } from './items.ts';
import { readPositions } from './positions.ts';
import { isKnownAsset } from './usd.ts';

/** A wallet and its profit may differ from the margin balance by rounding, not by more. */
const TOLERANCE_USD = 0.01;
const TOLERANCE_PART = 1e-6;

/** The object that an answer of `account` must be. */
export function requiredItem(body: unknown): Item {
  const item = itemOf(body);
  if (item === undefined) throw new ExchangeError('answer', `account: expected an object, got ${excerptOf(body)}`);
  return item;
}

/** The list that an answer of `positionRisk` must be. */
export function requiredList(body: unknown): readonly unknown[] {
  const list = listOf(body);
  if (list === undefined) throw new ExchangeError('answer', `positionRisk: expected a list, got ${excerptOf(body)}`);
  return list;
}

/** The account that the answers of `account` and `positionRisk` (v2 and v3) describe; times are left to the caller. */
export function readAccount(item: Item, list: readonly unknown[]): Omit<AccountReading, 'sentMs' | 'readMs'> {
  const problems = new Problems();
  const figures = readFigures(item, problems);
  const assets = readAssets(item, problems);
  const { positions, unreadableSymbols, problems: positionProblems } = readPositions(list, item);
  return { ...figures, assets, positions, unreadableSymbols, problems: [...problems.list(), ...positionProblems] };
}

type AccountTotals = Pick<
  AccountReading,
  'equityUsd' | 'balanceUsd' | 'availableUsd' | 'unrealizedPnlUsd' | 'maintenanceUsd'
>;

function readFigures(item: Item, problems: Problems): AccountTotals {
  const named = (name: string) => {
    const figure = figureOf(item[name]);
    if (figure === undefined) problems.add(`${name}: expected a number, got ${excerptOf(item[name])}`);
    return figure;
  };
  const balanceUsd = named('totalWalletBalance');
  const unrealizedPnlUsd = named('totalUnrealizedProfit');
  const margin = named('totalMarginBalance');
  const both = balanceUsd === undefined || unrealizedPnlUsd === undefined ? undefined : balanceUsd + unrealizedPnlUsd;
  if (margin !== undefined && both !== undefined && !isNear(margin, both)) {
    problems.add(
      `totalMarginBalance ${formatNumber(margin)} is not wallet and unrealized profit together (${formatNumber(both)})`,
    );
  }
  const equityUsd = margin ?? (both === undefined ? undefined : round10(both));
  const maintenance = item.totalMaintMargin === undefined ? undefined : named('totalMaintMargin');
  const maintenanceUsd = maintenance !== undefined && maintenance >= 0 ? maintenance : undefined;
  return { equityUsd, balanceUsd, availableUsd: named('availableBalance'), unrealizedPnlUsd, maintenanceUsd };
}

function readAssets(item: Item, problems: Problems): readonly AssetBalance[] {
  const list = Array.isArray(item.assets) ? item.assets : [];
  return list.flatMap((value) => {
    const asset = itemOf(value);
    const name = asset?.asset;
    const wallet = figureOf(asset?.walletBalance);
    if (typeof name !== 'string' || name === '' || wallet === undefined) {
      problems.add(`an asset cannot be read: ${excerptOf(value)}`);
      return [];
    }
    const unrealizedPnl = figureOf(asset?.unrealizedProfit) ?? 0;
    if (wallet === 0 && unrealizedPnl === 0) return [];
    if (!isKnownAsset(name)) {
      problems.add(
        `${name}: ${formatNumber(wallet)} of an asset that is not known; equity holds what the exchange counts of it`,
      );
    }
    return [{ asset: name, wallet, unrealizedPnl }];
  });
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(TOLERANCE_USD, TOLERANCE_PART * Math.abs(a));
}
