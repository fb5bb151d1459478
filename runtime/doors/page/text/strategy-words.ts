import { round10 } from '../../../../schemas/number.ts';
import type { Strategies } from '../state/wire.ts';
import { count, money, ratio } from './figures.ts';

type StrategyNow = Strategies['strategies'][number];

/** What a strategy uses of one of its limits, in words. */
export interface StrategyUse {
  readonly label: string;
  readonly value: string;
  readonly limit: string;
  readonly drawn: { readonly value: number; readonly limit: number } | undefined;
  readonly state: 'ok' | 'reached' | 'unknown';
  readonly room: string;
}

interface Counted {
  readonly label: string;
  /** US dollars or a count; null is not known, undefined is not counted. */
  readonly value: number | null | undefined;
  readonly limit: number | undefined;
  /** What the limit is besides. */
  readonly also?: string;
  readonly text: (figure: number) => string;
}

/** What a strategy uses of what limits of strategies count, reservations among it; nothing of what none of them counts. */
export function strategyUses({ used = {}, limits = {}, reserved_usd }: StrategyNow): readonly StrategyUse[] {
  const { held_usd: held } = used;
  const share = limits.share_pct;
  const told: readonly Counted[] = [
    {
      label: 'Notional, reservations included',
      value: typeof held === 'number' ? round10(held + reserved_usd) : held,
      limit: limits.max_usd,
      ...(share !== undefined && { also: `, ${ratio(share, 1)} % of the total cap` }),
      text: money,
    },
    {
      label: 'Symbols held, reserved ones included',
      value: used.symbols,
      limit: limits.max_positions,
      text: count,
    },
    {
      label: 'OPEN permits within an hour',
      value: used.permits_hour,
      limit: limits.max_permits_hour,
      text: count,
    },
  ];
  return told.filter(({ value, limit }) => value !== undefined || limit !== undefined).map(useOf);
}

function useOf({ label, value, limit, also = '', text }: Counted): StrategyUse {
  const isKnown = typeof value === 'number' && Number.isFinite(value);
  return {
    label,
    value: isKnown ? text(value) : 'not known',
    limit: limit === undefined ? 'no limit of its own' : `of ${text(limit)}${also}`,
    drawn: isKnown && limit !== undefined ? { value, limit } : undefined,
    ...(isKnown ? roomOf(value, limit, text) : { state: 'unknown', room: 'not known' }),
  };
}

function roomOf(value: number, limit: number | undefined, text: (figure: number) => string) {
  if (limit === undefined) return { state: 'ok', room: '' } as const;
  const isReached = value >= limit;
  const room = `${text(Math.max(0, limit - value))} left`;
  return isReached ? ({ state: 'reached', room: `reached: ${room}` } as const) : ({ state: 'ok', room } as const);
}
