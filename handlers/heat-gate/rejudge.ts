import { plainAction } from '../../schemas/action.ts';
import { type DecisionRecord, recorded, recordedBefore } from '../../schemas/decision.ts';
import { RecordedHeat } from '../../schemas/heat-facts.ts';
import { type HeatSettings, RecordedExit } from '../../schemas/heat-gate.ts';
import { toJson } from '../../schemas/json.ts';
import { judgedAgain } from '../common/book-risk/judged.ts';
import { lastOf } from '../common/last-of.ts';
import { judgedBeside, knownHeat, unknownHeat } from '../common/portfolio-heat.ts';
import type { Ruling } from '../contract/effects.ts';
import type { Rules } from '../contract/handler.ts';
import { type Exit, judgeExit, rulingOf, standardsOf } from './judge.ts';

const NO_INPUT = '{}';
/** The member of a decision's facts that has the positions: the last one, as `basisOf` writes it. */
export const BOOK = 'book';

/** What of a proposal its judgment rests on besides the action, as JSON text: the reasons of a full close, which may protect. */
export function inputOf({ action, reason, reasonCodes }: Exit): string {
  if (plainAction(action) !== 'FULL_CLOSE' || (reason === '' && reasonCodes === '')) return NO_INPUT;
  return toJson({ reason: reason || undefined, reason_codes: reasonCodes || undefined });
}

/** Rules over a logged exit again: its heat as it was, under other thresholds, protective reasons or mode. */
export function rejudgeExit(record: DecisionRecord, { settings, mode }: Rules<HeatSettings>): Ruling | undefined {
  const input = record.input === NO_INPUT ? {} : recorded(RecordedExit, record.input);
  const standards = standardsAgain(record.facts, settings, mode);
  if (input === undefined || standards === undefined) return undefined;
  const exit = { action: record.action, reason: input.reason ?? '', reasonCodes: input.reason_codes ?? '' };
  return rulingOf(judgeExit(exit, standards.heat, settings), standards);
}

/** Neighbours in the log were judged on the same facts more often than not. */
const standardsAgain = lastOf((facts: string, settings: HeatSettings, mode: string) => {
  const heat = heatAgain(facts, settings);
  return heat === undefined ? undefined : standardsOf(heat, settings, mode);
});

function heatAgain(factsJson: string, settings: HeatSettings) {
  const facts = recordedBefore(BOOK, RecordedHeat, factsJson);
  if (facts === undefined) return undefined;
  if ('failure' in facts) return unknownHeat('handler_failed');
  const figures = judgedAgain(facts.risk, settings);
  if (figures === undefined) return undefined;
  const own = facts.cause === undefined ? knownHeat(facts.heat, settings) : unknownHeat(facts.cause);
  return judgedBeside(own, figures, settings);
}
