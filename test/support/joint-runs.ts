import fc from 'fast-check';
import { type Carried, type JointLoss, NOTHING_CARRIED } from '../../handlers/contract/carried.ts';
import type { Ruling } from '../../handlers/contract/effects.ts';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import governor from '../../handlers/governor/index.ts';
import results from '../../handlers/governor-results.ts';
import heatGate from '../../handlers/heat-gate/index.ts';
import riskGovernor from '../../handlers/risk-governor/index.ts';
import type { LoggedDecision } from '../../runtime/desk/decisions/decisions.ts';
import { type DecisionRecord, decisionRecord, recordedChecks } from '../../schemas/decision.ts';
import { streamIdMs } from '../../schemas/time.ts';
import { playedLog, type Rules, type Step } from './joint-world.ts';

const HANDLERS = new Map(
  [governor, results, heatGate, riskGovernor].map((one) => [one.name, one as unknown as AnyHandler] as const),
);

/** Settings by name, as texts. */
export type Limits = Record<string, string>;

/** Limits that nothing comes near. */
export const LOOSE: Limits = {
  GOV_MAX_OPEN_POSITIONS: '10',
  GOV_MAX_NOTIONAL_PER_TRADE_USDT: '1000',
  GOV_MAX_TOTAL_NOTIONAL_USDT: '5000',
  GOV_SYMBOL_COOLDOWN_SECONDS: '0',
  GOV_MAX_EXEC_PER_HOUR: '50',
  GOV_MAX_EXEC_PER_5MIN: '50',
  GOV_MAX_PERMITS_PER_MINUTE: '50',
  GOV_DUPLICATE_SEC: '0.001',
  GOV_MAX_SYMBOL_NOTIONAL_USDT: '*:5000',
  GOV_MAX_LEVERAGE: '100',
  GOV_STRATEGY_MAX_SHARE_PCT: '*:100',
  GOV_STRATEGY_MAX_POSITIONS: '*:10',
  GOV_STRATEGY_MAX_PERMITS_PER_HOUR: '*:50',
};

/** A logged decision of a gate with limits, with what a joint replay makes of it. */
export interface Rejudged {
  readonly record: DecisionRecord;
  readonly ruling: Ruling | undefined;
  readonly lost: JointLoss | undefined;
}

/** What a joint replay makes of a log: each gate in the mode that is given, else in that of its decisions. */
export function jointly(log: readonly LoggedDecision[], limits: Limits, modes: Readonly<Record<string, string>> = {}) {
  let carried: Carried = NOTHING_CARRIED;
  const rulings: Rejudged[] = [];
  for (const { id, fields } of log) {
    const record = decisionRecord(fields);
    const handler = HANDLERS.get(record.handler);
    const under = { settings: handler?.settings.parse(limits), mode: modes[record.handler] ?? record.mode };
    const found = handler?.joint?.({ atMs: streamIdMs(id), record }, under, carried);
    carried = found?.carried ?? carried;
    if (handler?.rejudge !== undefined) rulings.push({ record, ruling: found?.ruling, lost: found?.lost });
  }
  return { rulings, carried };
}

/** A ruling for comparison with one of another run: figures to a millionth, as sums may be added up in another order. */
export function said(verdict: string, reason: string, checks: string) {
  const near = (value: unknown) => (typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value);
  return [verdict, reason, ...recordedChecks(checks).map((check) => [check.gate, near(check.value), check.verdict])];
}

/** The decisions of a log that rest on limits. */
export function decided(log: readonly LoggedDecision[]): readonly DecisionRecord[] {
  return log
    .map(({ fields }) => decisionRecord(fields))
    .filter(({ handler }) => HANDLERS.get(handler)?.rejudge !== undefined);
}

/** A real second run under other limits, in which each order has the result that it had in the first, or is filled. */
export function secondRun(
  steps: readonly Step[],
  first: readonly LoggedDecision[],
  rules: Omit<Rules, 'fateOf'>,
): LoggedDecision[] {
  const permitted = new Set(
    decided(first)
      .filter(({ verdict }) => verdict === 'PERMIT')
      .map(({ planId }) => planId),
  );
  return playedLog(steps, { ...rules, fateOf: (planId, { fate }) => (permitted.has(planId) ? fate : 'filled') });
}

/** Anything that a strategy may do. */
export const step: fc.Arbitrary<Step> = fc
  .record({
    waitSec: fc.constantFrom(1, 20, 70, 400),
    symbol: fc.constantFrom('LA', 'LB', 'SC', 'SD'),
    action: fc.constantFrom('OPEN', 'OPEN', 'OPEN', 'FULL_CLOSE', 'PARTIAL_50'),
    qty: fc.constantFrom(1, 2, 3),
    fate: fc.constantFrom('filled', 'filled', 'rejected', 'late'),
  })
  .map((one) => ({ ...one, strategy: `of-${one.symbol[0]}` }) as Step);
