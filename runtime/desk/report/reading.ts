import { z } from 'zod';
import { isProtective } from '../../../handlers/heat-gate/judge.ts';
import { actionKind, plainAction } from '../../../schemas/action.ts';
import { type DecisionRecord, recorded, recordedChecks } from '../../../schemas/decision.ts';
import { RecordedPlan } from '../../../schemas/governor-record.ts';
import { type HeatCause, type HeatSettings, heatCauses, RecordedExit } from '../../../schemas/heat-gate.ts';
import { RecordedBudgets } from '../../../schemas/risk-governor.ts';

/** What the inputs of a decision were; `none` where it rested on none. */
export type Inputs = 'fresh' | 'stale' | 'missing' | 'none';

/** What a decision of the log says of its gate. */
export interface Reading {
  readonly inputs: Inputs;
  /** Whether positions were left out of the figures, for want of a volatility or a price. */
  readonly incomplete: boolean;
  /** Whether it could not be judged at all. */
  readonly failed: boolean;
  /** Whether the gate stood in the way, or would have. */
  readonly changed: boolean;
  /** An exit that has to go through, and whether it was touched all the same. */
  readonly protective: 'none' | 'kept' | 'changed';
  /** Verdicts on symbols, each to be compared with the one before on that symbol. */
  readonly verdicts: readonly (readonly [symbol: string, verdict: string])[];
}

/** Settings that a reading rests on. */
export type ReadingSettings = Pick<HeatSettings, 'P26_PROTECTIVE_REASONS'>;

const RecordedInputs = z.object({
  cause: z.enum(heatCauses).optional(),
  book: z.object({ sigma_missing_count: z.number().default(0), notional_missing_count: z.number().default(0) }),
});

const STALE: ReadonlySet<HeatCause> = new Set(['portfolio_state_stale', 'positions_stale']);
const BUDGET_INPUTS: Readonly<Record<string, Inputs>> = {
  fresh_state: 'fresh',
  last_known_good_state: 'stale',
  portfolio_too_old: 'stale',
  handler_failed: 'missing',
};
const FAILED: ReadonlySet<string> = new Set(['evaluation_error', 'handler_failed']);
const PASSED: ReadonlySet<string> = new Set(['PERMIT', 'WOULD_PERMIT']);
const SWITCHED_OFF: ReadonlySet<string> = new Set(['kill_switch_active', 'restored_unreleased']);

type Read = (record: DecisionRecord, settings: ReadingSettings) => Reading;

const READINGS: Readonly<Record<string, Read>> = {
  'heat-gate': readExit,
  'risk-governor': readCycle,
  governor: readPlan,
};

/** What a decision says of its gate, by the gate's name: of one that says nothing of its own, by its verdict and checks. */
export function readingOf(gate: string): Read {
  return READINGS[gate] ?? readAny;
}

/** A gate stood in the way where one of its checks refuses, or would; what could not be judged it refused for want of data. */
function readAny({ verdict, reason, symbol, checks }: DecisionRecord): Reading {
  const refused = recordedChecks(checks).some(
    (check) => check.verdict === 'refuse' || check.verdict === 'would_refuse',
  );
  const failed = FAILED.has(reason);
  return {
    inputs: 'none',
    incomplete: false,
    failed,
    changed: refused || failed,
    protective: 'none',
    verdicts: symbol === '' ? [] : [[symbol, verdict]],
  };
}

function readExit(record: DecisionRecord, settings: ReadingSettings): Reading {
  const { verdict, reason, symbol } = record;
  const changed = verdict === 'DOWNGRADE';
  const failed = reason === 'fail_closed_handler_failed';
  const facts = recorded(RecordedInputs, record.facts);
  const gaps = facts === undefined ? 0 : facts.book.sigma_missing_count + facts.book.notional_missing_count;
  const protective = isProtectiveExit(record, settings);
  return {
    inputs: facts === undefined || failed ? 'missing' : inputsOf(facts.cause),
    incomplete: gaps > 0,
    failed,
    changed,
    protective: protective ? (changed ? 'changed' : 'kept') : 'none',
    verdicts: !protective && plainAction(record.action) === 'FULL_CLOSE' ? [[symbol, verdict]] : [],
  };
}

function inputsOf(cause: HeatCause | undefined): Inputs {
  if (cause === undefined) return 'fresh';
  return STALE.has(cause) ? 'stale' : 'missing';
}

/** By its own words, whatever the gate made of them. */
function isProtectiveExit({ action, reason, input }: DecisionRecord, settings: ReadingSettings): boolean {
  if (plainAction(action) !== 'FULL_CLOSE') return false;
  if (reason === 'protective_exit_unchanged') return true;
  const exit = recorded(RecordedExit, input);
  return isProtective({ reason: exit?.reason ?? '', reasonCodes: exit?.reason_codes ?? '' }, settings);
}

function readCycle({ reason, facts }: DecisionRecord): Reading {
  const budgets = recorded(RecordedBudgets, facts)?.budgets ?? [];
  const verdicts = budgets.flatMap(({ symbol, budget_usd, position_notional }) => {
    if (position_notional === null || position_notional === 0) return [];
    return [[symbol, position_notional > budget_usd ? 'over' : 'within'] as const];
  });
  return {
    inputs: BUDGET_INPUTS[reason] ?? 'none',
    incomplete: budgets.some(({ position_notional }) => position_notional === null),
    failed: reason === 'handler_failed',
    changed: verdicts.some(([, verdict]) => verdict === 'over'),
    protective: 'none',
    verdicts,
  };
}

function readPlan(record: DecisionRecord): Reading {
  const { verdict, reason, symbol, action, mode } = record;
  const failed = reason === 'evaluation_error';
  const none = { inputs: 'none', incomplete: false, failed, changed: false, protective: 'none', verdicts: [] } as const;
  if (verdict === 'IGNORED' || verdict === 'DUPLICATE') return none;
  const passed = PASSED.has(verdict);
  if (actionKind(action, recorded(RecordedPlan, record.input)?.reduce_only === true) === 'CLOSE') {
    return { ...none, changed: !passed, protective: passed || SWITCHED_OFF.has(reason) ? 'kept' : 'changed' };
  }
  const checks = recordedChecks(record.checks);
  const refused = checks.some((check) => check.verdict === 'refuse' || check.verdict === 'would_refuse');
  const data = checks.find(({ gate }) => gate === 'caps_data');
  return {
    ...none,
    inputs: failed
      ? 'missing'
      : data === undefined || data.verdict === 'skipped'
        ? 'none'
        : data.value === ''
          ? 'fresh'
          : 'missing',
    incomplete: String(data?.value ?? '').includes('position_unpriced'),
    changed: !passed || refused,
    verdicts: [[symbol, mode === 'dry_run' ? verdict.replace('WOULD_', '') : verdict]],
  };
}
