import type { GovernorSettings } from '../../schemas/governor.ts';
import type { GovernorGate } from '../../schemas/governor-gates.ts';
import type { LimitFigures } from '../../schemas/governor-record.ts';
import { formatNumber, round10 } from '../../schemas/number.ts';
import type { Plan } from '../../schemas/plan.ts';
import type { Check } from '../contract/effects.ts';
import { figure, judged, skipped } from './gate-result.ts';
import type { GateOf } from './gates.ts';
import type { OrderWorld } from './order-limits.ts';

/** Digits after the point at which figures are judged and written. */
const DIGITS = 10;

/** What a plan is compared with of what the exchange asks for; none where that is not reported. */
export function filterFigures(plan: Plan, world: OrderWorld, settings: GovernorSettings): LimitFigures {
  if (settings.GOV_EXCHANGE_FILTERS === undefined) return {};
  const { tickSize, stepSize, minNotionalUsd } = world.facts.filters(plan.symbol);
  return {
    tick_size: { price: figure(plan.limitPrice), tick: figure(tickSize) },
    step_size: { qty: figure(plan.qty), step: figure(stepSize) },
    min_notional: { usd: figure(orderUsd(plan, world)), least_usd: figure(minNotionalUsd) },
  };
}

/** What they say; what is not known on either side is not judged. */
export const filterGates = {
  tick_size: ({ limits }) => multiple('tick_size', limits.tick_size?.price, limits.tick_size?.tick),
  step_size: ({ limits }) => multiple('step_size', limits.step_size?.qty, limits.step_size?.step),
  min_notional({ limits }) {
    const { usd = null, least_usd: limit = null } = limits.min_notional ?? {};
    if (usd === null || limit === null) return skipped('min_notional', usd, limit);
    return told('min_notional', usd, limit, usd < limit, round10(usd - limit));
  },
} as const satisfies Partial<Record<GovernorGate, GateOf>>;

function multiple(gate: GovernorGate, value: number | null = null, of: number | null = null) {
  if (value === null || of === null || of === 0) return skipped(gate, value, of);
  return told(gate, value, of, units(value) % units(of) !== 0n, null);
}

/** In whole units of the last digit, by how it is written: a remainder of binary fractions is none. */
function units(value: number): bigint {
  const [whole = '', part = ''] = formatNumber(value).split('.');
  return BigInt(`${whole}${part.padEnd(DIGITS, '0')}`);
}

function told(gate: GovernorGate, value: number, limit: number, isBeyond: boolean, headroom: Check['headroom']) {
  const { check } = judged(gate, { value, limit }, undefined, headroom);
  return { check: isBeyond ? ({ ...check, verdict: 'would_refuse' } as const) : check };
}

/** As the exchange counts it: at the price of the order, or the mark where it has none. */
function orderUsd({ qty, limitPrice }: Plan, { markUsd, planUsd }: OrderWorld): number | undefined {
  const price = limitPrice ?? markUsd;
  return qty === undefined || price === undefined ? planUsd : qty * price;
}
