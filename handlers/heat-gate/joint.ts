import type { HeatSettings } from '../../schemas/heat-gate.ts';
import { otherPositions } from '../common/otherwise/positions.ts';
import type { Carried, JointLoss, JointRuling, Logged } from '../contract/carried.ts';
import type { Ruling } from '../contract/effects.ts';
import type { Rules } from '../contract/handler.ts';
import { rejudgeExit } from './rejudge.ts';

/**
 * An exit judged again after others came out otherwise: at the heat of the log, and with nothing carried on. That it would
 * have closed another part, or been judged at another heat, is said.
 */
export function jointExit({ record }: Logged, under: Rules<HeatSettings>, carried: Carried): JointRuling {
  const ruling = rejudgeExit(record, under);
  const isOther = ruling !== undefined && partClosed(record, record.mode) !== partClosed(ruling, under.mode);
  return { ruling, carried, lost: isOther ? 'exit_otherwise' : heatLoss(ruling, carried) };
}

/** What is closed of a full close: in shadow all, whatever the gate would have kept. */
function partClosed(
  { verdict, reason }: Pick<Ruling, 'verdict' | 'reason'>,
  mode: string,
): 'whole' | 'three quarters' | 'a quarter' {
  if (mode !== 'enforce' || verdict !== 'DOWNGRADE') return 'whole';
  return reason.endsWith('_warm') ? 'three quarters' : 'a quarter';
}

function heatLoss(ruling: Ruling | undefined, carried: Carried): JointLoss | undefined {
  const isByHeat = ruling?.checks?.some(({ verdict }) => verdict !== 'skipped') === true;
  return isByHeat && otherPositions.in(carried).size > 0 ? 'heat_as_logged' : undefined;
}
