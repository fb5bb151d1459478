import { bookHeat } from '../../handlers/common/heat.ts';
import type { HeatFacts } from '../../handlers/common/portfolio-heat.ts';
import type { Effect, Outcome } from '../../handlers/contract/effects.ts';
import heatGate from '../../handlers/heat-gate/index.ts';
import { HeatSettings } from '../../schemas/heat-gate.ts';
import { type FakeViews, fakeViews, hashFact, judge, NOW_MS } from './fake-ctx.ts';

/** What a test of the heat gate says of the world; the portfolio of the seeds' first scenario unless it says otherwise. */
export interface HeatWorld {
  readonly portfolio?: Record<string, string> | null;
  readonly views?: FakeViews;
  /** The figures of the book's risk as they are stored; left out: they are not read. */
  readonly risk?: Record<string, string> | null;
  readonly settings?: Record<string, string>;
  readonly mode?: string;
  readonly nowMs?: number;
  readonly sourceId?: string;
}

/** ETHUSDT of the seeds' first scenario: 1800 × 0.15 = 270 US dollars of risk. */
export const ETH = { symbol: 'ETHUSDT', notional: 1800, sigma: 0.15 };
/** The 612.5 US dollars of risk in other symbols that the seeds' scenarios 2 and 3 assume. */
export const OTHERS = { symbol: 'BTCUSDT', notional: 6125, sigma: 0.1 };

/** The facts of the heat gate in a world. */
export function heatFacts(world: HeatWorld): HeatFacts {
  const settings = HeatSettings.parse(world.settings ?? {});
  const portfolio = world.portfolio === undefined ? { equity_usd: '10000' } : world.portfolio;
  const views = fakeViews(world.views ?? { book: [ETH] });
  const book = bookHeat(views, settings, world.nowMs ?? NOW_MS).value;
  return { portfolio: hashFact(portfolio), book, ...(world.risk !== undefined && { risk: hashFact(world.risk) }) };
}

/** Judges a proposal in a world by the real heat gate. */
export function judgeProposal(entry: Record<string, string>, world: HeatWorld = {}): Outcome {
  const { portfolio: _portfolio, views: _views, risk: _risk, ...around } = world;
  return judge(heatGate, entry, { ...around, facts: heatFacts(world) });
}

/** The fields an outcome writes to a stream; empty when it writes none there. */
export function emitted(outcome: Outcome, stream: string): Readonly<Record<string, string>> {
  for (const effect of outcome.effects) {
    if (effect.do === 'emit' && effect.stream === stream) return effect.fields;
  }
  return {};
}

/** The hash write of an outcome, or undefined. */
export function hashWrite(outcome: Outcome): Extract<Effect, { do: 'hset' }> | undefined {
  return outcome.effects.find((effect) => effect.do === 'hset');
}

/** How often an outcome counts a metric with these labels. */
export function counted(outcome: Outcome, metric: string, labels: Record<string, string> = {}): number {
  const same = (outcome.counts ?? []).filter(
    (count) =>
      count.metric === metric && Object.entries(labels).every(([name, value]) => count.labels?.[name] === value),
  );
  return same.reduce((sum, count) => sum + (count.by ?? 1), 0);
}
