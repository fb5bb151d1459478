import { lossText, unconfirmedLoss } from '../../../handlers/common/loss-limits/figures.ts';
import type { Overview } from '../../../schemas/api/overview.ts';
import { lossKinds, lossReasons } from '../../../schemas/loss-limits.ts';
import type { GovernorLook } from './limits.ts';

/** Why losses in a row refuse: that ends by itself, or is released. */
export const STREAK = 'consecutive_losses';

/** The loss limits that hold, and whether losses are known; nothing where no limit is set or holds. */
export function lossNow({
  loss: losses,
  paused,
  pausedSymbols,
  lossLatch,
}: Pick<GovernorLook, 'loss' | 'paused' | 'pausedSymbols' | 'lossLatch'>): Pick<Overview, 'loss'> {
  if (losses === undefined && paused === undefined && pausedSymbols.length === 0) return {};
  const tripped = lossKinds.flatMap((kind) => {
    const trip = losses?.tripped[kind];
    if (trip === undefined) return [];
    const [loss, limit] = [trip.value, trip.limit].map((value) => lossText(trip.setting, value)) as [string, string];
    return [{ reason: lossReasons[kind] as string, loss, limit }];
  });
  const inARow = paused === undefined ? [] : [{ reason: STREAK, loss: paused.losses, limit: paused.limit }];
  return {
    loss: {
      known: losses?.known ?? true,
      unconfirmed: losses === undefined ? null : unconfirmedLoss(lossLatch),
      tripped: [...tripped, ...inARow],
      ...(pausedSymbols.length > 0 && { paused_symbols: [...pausedSymbols] }),
    },
  };
}
