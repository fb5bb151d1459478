import { z } from 'zod';
import { plainAction } from '../../schemas/action.ts';
import { type DecisionRecord, recorded } from '../../schemas/decision.ts';
import { type HeatCause, HeatSettings, heatCauses, RecordedExit } from '../../schemas/heat-gate.ts';
import { lastOf } from '../common/last-of.ts';
import type { Inputs, Reading } from '../contract/faces.ts';
import { isProtective } from './judge.ts';

type Protection = Pick<HeatSettings, 'P26_PROTECTIVE_REASONS'>;

const RecordedInputs = z.object({
  cause: z.enum(heatCauses).optional(),
  book: z.object({ sigma_missing_count: z.number().default(0), notional_missing_count: z.number().default(0) }),
});

const STALE: ReadonlySet<HeatCause> = new Set(['portfolio_state_stale', 'positions_stale']);
const DEFAULTS: Protection = HeatSettings.parse({});

/** What a logged exit says of the heat gate; exits that these settings call protective have to go through. */
export function exitReading(record: DecisionRecord, settings: HeatSettings): Reading {
  const { verdict, reason, symbol } = record;
  const changed = verdict === 'DOWNGRADE';
  const failed = reason === 'fail_closed_handler_failed';
  const facts = recorded(RecordedInputs, record.facts);
  const gaps = facts === undefined ? 0 : facts.book.sigma_missing_count + facts.book.notional_missing_count;
  const protective = isProtectiveExit(record, settings);
  const full = plainAction(record.action) === 'FULL_CLOSE';
  return {
    inputs: facts === undefined || failed ? 'missing' : inputsOf(facts.cause),
    incomplete: gaps > 0,
    failed,
    changed,
    protective: protective ? (changed ? 'changed' : 'kept') : 'none',
    exit: full,
    verdicts: !protective && full ? [[symbol, verdict]] : [],
  };
}

function inputsOf(cause: HeatCause | undefined): Inputs {
  if (cause === undefined) return 'fresh';
  return STALE.has(cause) ? 'stale' : 'missing';
}

/** By its own words, whatever the gate made of them. */
function isProtectiveExit({ action, reason, input }: DecisionRecord, settings: Protection): boolean {
  if (plainAction(action) !== 'FULL_CLOSE') return false;
  if (reason === 'protective_exit_unchanged') return true;
  const exit = recorded(RecordedExit, input);
  return isProtective({ reason: exit?.reason ?? '', reasonCodes: exit?.reason_codes ?? '' }, protectionOf(settings));
}

/** The exits that count as protective: those of the settings and those of the defaults, so that a list made shorter shows. */
const protectionOf = lastOf(({ P26_PROTECTIVE_REASONS: own }: Protection): Protection => {
  return { P26_PROTECTIVE_REASONS: [...new Set([...DEFAULTS.P26_PROTECTIVE_REASONS, ...own])] };
});
