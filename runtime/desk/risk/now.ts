import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { HashFact } from '../../../handlers/contract/reads.ts';
import type { RiskAnswer } from '../../../schemas/api/risk.ts';
import { type RiskFigure, riskFigures } from '../../../schemas/book-risk.ts';
import { parseJson } from '../../../schemas/json.ts';
import { keys } from '../../../schemas/keys.ts';
import { parseNumber, round10 } from '../../../schemas/number.ts';
import { timeOf } from '../../../schemas/time.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { hashFact } from '../../redis/facts-now.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

const Components = z.record(z.string(), z.record(z.string(), z.number()));
const NOTHING = { at: null, age_sec: null, equity_usd: null, positions: null, figures: [] } as const;

/** The figures of the book's risk that are kept, and what to cut first. */
export async function riskNow(redis: Redis, portfolio: Portfolio): Promise<RiskAnswer> {
  const stored = await hashFact(redis, portfolio.key(keys.riskState));
  return riskOf(stored, await portfolioNowMs(redis, portfolio));
}

/** The same of what was read already. */
export function riskOf({ fields, wrongType }: HashFact, nowMs: number): RiskAnswer {
  if (wrongType) return { state: 'unreadable', ...NOTHING };
  if (fields === null) return { state: 'none', ...NOTHING };
  const atMs = timeOf(fields);
  const parsed = Components.safeParse(parseJson(fields.components ?? ''));
  const components = parsed.success ? parsed.data : {};
  return {
    state: 'kept',
    at: atMs === undefined ? null : atMs / 1000,
    age_sec: atMs === undefined ? null : Math.max(0, round10((nowMs - atMs) / 1000)),
    equity_usd: parseNumber(fields.equity_usd) ?? null,
    positions: parseNumber(fields.positions) ?? null,
    figures: riskFigures.flatMap((figure) => figureOf(figure, fields, components[figure] ?? {})),
  };
}

/** A figure that is reported, known or not. */
function figureOf(
  figure: RiskFigure,
  fields: Fields,
  components: Readonly<Record<string, number>>,
): RiskAnswer['figures'] {
  const reason = fields[`${figure}_reason`];
  if (reason === undefined) return [];
  const value = reason === 'ok' ? parseNumber(fields[figure]) : undefined;
  const known = value === undefined && reason === 'ok' ? 'unreadable' : reason;
  const sorted = Object.entries(components).sort(([, one], [, other]) => other - one);
  return [
    {
      figure,
      value: value ?? null,
      reason: known,
      scenario: figure === 'shock' && value !== undefined ? (fields.shock_scenario ?? null) : null,
      liquidation: figure === 'margin' && value !== undefined ? liquidationOf(fields) : null,
      components: value === undefined ? [] : sorted.map(([symbol, of]) => ({ symbol, value: of })),
    },
  ];
}

function liquidationOf({ liquidation_symbol: symbol, liquidation_distance }: Fields) {
  const distance = parseNumber(liquidation_distance);
  return symbol === undefined || distance === undefined ? null : { symbol, distance };
}
