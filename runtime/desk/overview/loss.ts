import { lossText, unconfirmedLoss } from '../../../handlers/common/loss-limits/figures.ts';
import type { Overview } from '../../../schemas/api/overview.ts';
import { lossKinds, lossReasons } from '../../../schemas/loss-limits.ts';
import type { GovernorLook } from './limits.ts';

/** Why losses in a row refuse: that ends by itself, and nobody releases it. */
export const STREAK = 'consecutive_losses';

/** The loss limits that hold, and whether losses are known; nothing where no limit is set or holds. */
export function lossNow({
  loss: losses,
  paused,
  lossLatch,
}: Pick<GovernorLook, 'loss' | 'paused' | 'lossLatch'>): Pick<Overview, 'loss'> {
  if (losses === undefined && paused === undefined) return {};
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
    },
  };
}
