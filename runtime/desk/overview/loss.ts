import { lossText, unconfirmedLoss } from '../../../handlers/common/loss-limits/figures.ts';
import type { Overview } from '../../../schemas/api/overview.ts';
import { lossKinds, lossReasons } from '../../../schemas/loss-limits.ts';
import type { GovernorLook } from './limits.ts';

/** The loss limits that hold, and whether losses are known; nothing where no limit is set. */
export function lossNow({ loss: losses, lossLatch }: Pick<GovernorLook, 'loss' | 'lossLatch'>): Pick<Overview, 'loss'> {
  if (losses === undefined) return {};
  const tripped = lossKinds.flatMap((kind) => {
    const trip = losses.tripped[kind];
    if (trip === undefined) return [];
    const [loss, limit] = [trip.value, trip.limit].map((value) => lossText(trip.setting, value)) as [string, string];
    return [{ reason: lossReasons[kind], loss, limit }];
  });
  return { loss: { known: losses.known, unconfirmed: unconfirmedLoss(lossLatch), tripped } };
}
