import { exposureOf } from '../../handlers/common/exposure.ts';
import { bookHeat } from '../../handlers/common/heat.ts';
import type { Count, Outcome } from '../../handlers/contract/effects.ts';
import riskGovernor from '../../handlers/risk-governor/index.ts';
import { budgetInputs } from '../../handlers/risk-governor/inputs.ts';
import { computeOver, type FakeViews, fakeViews, hashFact, judge, NOW_MS } from './fake-ctx.ts';

const NOW_SEC = NOW_MS / 1000;
/** A tick that is due now. */
export const TICK = { tick_id: 't1', scheduled_ms: String(NOW_MS) };

/** What a test says of a cycle; everything left out is calm and empty, with a fresh state of $100 000. */
export interface Given extends FakeViews {
  readonly equity?: string;
  readonly positionsCount?: string;
  readonly clusterMap?: Record<string, string>;
  readonly stateAgeSec?: number;
  /** Age of the remembered state in seconds; none is remembered without it. */
  readonly rememberedAgeSec?: number;
  readonly planned?: readonly string[];
  readonly heat?: string;
  /** The figures of the book's risk as they are stored; left out: they are not read. */
  readonly risk?: Record<string, string> | null;
  readonly mode?: string;
  readonly nowMs?: number;
  readonly settings?: Record<string, string>;
  readonly tick?: Record<string, string>;
}

/** Judges one tick of the risk governor over what a test says. */
export function run(given: Given): Outcome {
  const settings = riskGovernor.settings.parse(given.settings ?? {});
  const nowMs = given.nowMs ?? NOW_MS;
  const views = fakeViews(given);
  const state = (equity: string, ageSec: number, more: Record<string, string> = {}) =>
    hashFact({ equity_usd: equity, drawdown: '0', timestamp: String(NOW_SEC - ageSec), ...more });
  const counted = given.positionsCount === undefined ? {} : { positions_count: given.positionsCount };
  const { rememberedAgeSec } = given;
  const facts = {
    state: state(given.equity ?? '100000', given.stateAgeSec ?? 0, counted),
    remembered: rememberedAgeSec === undefined ? hashFact(null) : state('50000', rememberedAgeSec),
    publishedHeat: hashFact(given.heat === undefined ? null : { heat: given.heat, timestamp: String(NOW_SEC) }),
    clusterMap: hashFact(given.clusterMap ?? null),
    clusterState: hashFact(null),
    planned: (given.planned ?? []).map((member) => ({ member, score: NOW_MS })),
    heat: computeOver(bookHeat, views, settings, nowMs),
    exposure: computeOver(exposureOf, views, settings, nowMs),
    inputs: computeOver(budgetInputs, views, settings, nowMs),
    ...(given.risk !== undefined && { risk: hashFact(given.risk) }),
  };
  const around = { facts, settings: given.settings ?? {}, mode: given.mode ?? 'shadow', nowMs };
  return judge(riskGovernor, given.tick ?? TICK, around);
}

/** The budget hashes an outcome writes, by symbol. */
export function budgets(outcome: Outcome): Record<string, Readonly<Record<string, string>>> {
  const written: Record<string, Readonly<Record<string, string>>> = {};
  for (const effect of outcome.effects) {
    if (effect.do === 'hset' && effect.key.startsWith('portfolio:budget:'))
      written[effect.key.slice(17)] = effect.fields;
  }
  return written;
}

/** The entries an outcome emits to a stream. */
export function emitted(outcome: Outcome, stream: string): readonly Readonly<Record<string, string>>[] {
  return outcome.effects.flatMap((effect) => (effect.do === 'emit' && effect.stream === stream ? [effect.fields] : []));
}

/** How much an outcome adds to a counter, over all labels. */
export function counted(outcome: Outcome, metric: string): number {
  const counts = outcome.counts ?? [];
  return counts.reduce((sum, count: Count) => (count.metric === metric ? sum + (count.by ?? 1) : sum), 0);
}

/** A book of one BTCUSDT position: its notional in US dollars and its daily volatility. */
export const bitcoin = (notional: number, sigma: number) => ({
  book: [{ symbol: 'BTCUSDT', notional, qty: undefined, side: 'LONG', sigma }],
});
