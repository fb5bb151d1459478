import { actionKind } from '../../schemas/action.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import type { Hypothesis } from '../../schemas/evaluation.ts';
import { FIVE_MINUTES_MS } from '../../schemas/governor.ts';
import { formatNumber, round10 } from '../../schemas/number.ts';
import { toEpochSeconds } from '../../schemas/time.ts';
import { parseBoolean } from '../../schemas/wire.ts';
import { isProposedExit, withFields } from '../common/supposed.ts';
import type { SizeFace, WhatIf } from '../contract/faces.ts';
import type { Scored } from '../contract/reads.ts';
import type { PlanFacts } from './reads.ts';
import { countWithin } from './times.ts';

const TEN_MINUTES_MS = 2 * FIVE_MINUTES_MS;
const PASSING: ReadonlySet<string> = new Set(['PERMIT', 'WOULD_PERMIT']);

/** A plan that opens may be refused for its size; the check of one trade says what it is worth. */
const planSize: SizeFace<PlanFacts> = {
  isAsked: ({ harvest_action = '', action = harvest_action, reduceOnly }) =>
    actionKind(action, parseBoolean(reduceOnly) ?? false) === 'OPEN',
  sized: (facts) => ({ ...facts, lastOrder: { text: null, wrongType: false } }),
  stepQty: (facts, { symbol = '' }) => facts.filters(symbol).stepSize,
  passes: ({ verdict }) => PASSING.has(verdict),
  priceUsd({ checks = [] }) {
    const worth = checks.find(({ gate }) => gate === 'notional_per_trade')?.value;
    return typeof worth === 'number' && worth > 0 ? worth : undefined;
  },
};

/** What may be supposed of a plan, and the largest that would pass; all entries that are no exit are plans. */
export const planWhatIf: WhatIf<PlanFacts> = {
  suppose: supposedPlan,
  claims: (entry) => !isProposedExit(entry),
  silence: 'not_for_execution',
  size: planSize,
};

/** The facts of a plan with what is supposed in place of what was read. */
function supposedPlan(facts: PlanFacts, supposed: Hypothesis, nowMs: number): PlanFacts {
  const { kill, trading_state, armed, budget_usd, since_last_permit_sec: sinceSec } = supposed;
  const text = (value: string | null) => ({ text: value, wrongType: false });
  return {
    ...facts,
    ...(kill !== undefined && { kill: text(kill === 'on' ? '1' : null) }),
    ...((trading_state ?? armed) !== undefined && {
      state: withFields(facts.state, {
        ...(trading_state !== undefined && { trading_state }),
        ...(armed !== undefined && { armed: armed ? '1' : '0' }),
      }),
    }),
    ...(budget_usd !== undefined && {
      budget: withFields(facts.budget, {
        budget_usd: formatNumber(budget_usd),
        mode: 'enforce',
        timestamp: toEpochSeconds(nowMs),
      }),
      violations: () => undefined,
    }),
    ...(sinceSec !== undefined && { lastExec: text(formatNumber((nowMs - sinceSec * 1000) / 1000)) }),
    ...permits(facts, supposed, nowMs),
    ...exposure(facts, supposed, nowMs),
  };
}

function permits(
  facts: PlanFacts,
  supposed: Hypothesis,
  nowMs: number,
): Partial<Pick<PlanFacts, 'execTimes' | 'permitTimes'>> {
  const { permits_hour: hour, permits_5min: burst, permits_minute: minute } = supposed;
  const permitTimes = minute === undefined ? {} : { permitTimes: times(nowMs, minute) };
  if ((hour ?? burst) === undefined) return permitTimes;
  const now = facts.execTimes ?? [];
  const recent = burst ?? Math.min(hour ?? Infinity, countWithin(now, FIVE_MINUTES_MS, nowMs));
  const earlier = Math.max(0, (hour ?? countWithin(now, HOUR_MS, nowMs)) - recent);
  return { ...permitTimes, execTimes: [...times(nowMs - TEN_MINUTES_MS, earlier), ...times(nowMs, recent)] };
}

function times(score: number, length: number): Scored[] {
  return Array.from({ length }, (_, place) => ({ member: `supposed-${score}-${place}`, score }));
}

/** A sum that is supposed says no sides: it counts on both. */
function supposedSides(grossUsd: number, largestUsd: number) {
  return { longUsd: grossUsd, shortUsd: grossUsd, largestUsd: Math.min(largestUsd, grossUsd) };
}

/** Supposed positions count as known, whatever a portfolio state says of them. */
function exposure(
  facts: PlanFacts,
  supposed: Hypothesis,
  nowMs: number,
): Partial<Pick<PlanFacts, 'exposure' | 'portfolio'>> {
  const { positions, gross_notional_usd: gross } = supposed;
  if ((positions ?? gross) === undefined) return {};
  const given = {
    count: positions ?? facts.exposure.count,
    grossNotionalUsd: gross === undefined ? facts.exposure.grossNotionalUsd : round10(gross),
    unpriced: [],
    ...(gross !== undefined && supposedSides(gross, facts.exposure.largestUsd)),
    newestAtMs: nowMs,
  };
  return { exposure: { ...facts.exposure, ...given }, portfolio: { fields: null, wrongType: false } };
}
