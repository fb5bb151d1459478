import { type LossFigures, lossText } from '../../../handlers/common/loss-limits/figures.ts';
import type { Overview } from '../../../schemas/api/overview.ts';
import { lossKinds, lossReasons } from '../../../schemas/loss-limits.ts';

/** The loss limits that hold, and whether losses are known; nothing where no limit is set. */
export function lossNow(losses: LossFigures | undefined): Pick<Overview, 'loss'> {
  if (losses === undefined) return {};
  const tripped = lossKinds.flatMap((kind) => {
    const trip = losses.tripped[kind];
    if (trip === undefined) return [];
    const [loss, limit] = [trip.value, trip.limit].map((value) => lossText(trip.setting, value)) as [string, string];
    return [{ reason: lossReasons[kind], loss, limit }];
  });
  return { loss: { known: losses.known, tripped } };
}
