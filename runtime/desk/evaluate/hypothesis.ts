import type { HeatFacts } from '../../../handlers/common/portfolio-heat.ts';
import type { HashFact, Scored } from '../../../handlers/contract/reads.ts';
import { countWithin } from '../../../handlers/governor/figures.ts';
import type { PlanFacts } from '../../../handlers/governor/reads.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import type { Hypothesis } from '../../../schemas/evaluation.ts';
import { FIVE_MINUTES_MS } from '../../../schemas/governor.ts';
import { toJson } from '../../../schemas/json.ts';
import { formatNumber, parseNumber, round10 } from '../../../schemas/number.ts';
import { toEpochSeconds } from '../../../schemas/time.ts';
import { fieldsOf } from '../../../schemas/wire.ts';

const TEN_MINUTES_MS = 2 * FIVE_MINUTES_MS;

/** The facts of an exit with what is supposed in place of what was read. A supposed heat is of no known positions. */
export function supposedHeat(facts: HeatFacts, { equity_usd, heat }: Hypothesis): HeatFacts {
  const read = parseNumber(facts.portfolio.fields?.equity_usd);
  const equityUsd = equity_usd ?? (heat !== undefined && (read === undefined || read <= 0) ? 1 : undefined);
  const portfolio =
    equityUsd === undefined ? facts.portfolio : withFields(facts.portfolio, { equity_usd: formatNumber(equityUsd) });
  if (heat === undefined) return { ...facts, portfolio };
  const riskUsd = round10(heat * (equityUsd ?? read ?? 1));
  const said = {
    status: 'priced',
    book_id: '',
    positions: 0,
    risk_usd: riskUsd,
    silent_positions: 0,
    silent_risk_usd: 0,
  };
  const book = {
    ...facts.book,
    status: 'priced' as const,
    riskUsd,
    sigmaMissing: [],
    notionalMissing: [],
    totalsJson: toJson(said),
    factsJson: toJson({ ...said, largest: [], remainder_usd: riskUsd }),
  };
  return { portfolio, book };
}

/** The facts of a plan with what is supposed in place of what was read. */
export function supposedPlan(facts: PlanFacts, supposed: Hypothesis, nowMs: number): PlanFacts {
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

function permits(facts: PlanFacts, supposed: Hypothesis, nowMs: number): Partial<Pick<PlanFacts, 'execTimes'>> {
  const { permits_hour: hour, permits_5min: burst } = supposed;
  if ((hour ?? burst) === undefined) return {};
  const now = facts.execTimes ?? [];
  const recent = burst ?? Math.min(hour ?? Infinity, countWithin(now, FIVE_MINUTES_MS, nowMs));
  const earlier = Math.max(0, (hour ?? countWithin(now, HOUR_MS, nowMs)) - recent);
  const at = (score: number, length: number): Scored[] =>
    Array.from({ length }, (_, place) => ({ member: `supposed-${score}-${place}`, score }));
  return { execTimes: [...at(nowMs - TEN_MINUTES_MS, earlier), ...at(nowMs, recent)] };
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
    newestAtMs: nowMs,
  };
  return { exposure: { ...facts.exposure, ...given }, portfolio: { fields: null, wrongType: false } };
}

function withFields(fact: HashFact, changed: Readonly<Record<string, string>>): HashFact {
  return { fields: fieldsOf(Object.entries({ ...fact.fields, ...changed }).flat()), wrongType: false };
}
