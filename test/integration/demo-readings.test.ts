import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decisionPages } from '../../runtime/desk/decisions/decision-export.ts';
import { bcaOfSum } from '../../runtime/desk/report/bootstrap.ts';
import type { DemoSummary } from '../../runtime/doors/demo/guarded.ts';
import { runDemo } from '../../runtime/doors/demo/index.ts';
import { playMonth } from '../../runtime/doors/demo/play.ts';
import type { Market } from '../../runtime/market/player/market.ts';
import { PAPER_STAGE } from '../../runtime/market/player/stage.ts';
import { DEMO_STRATEGY } from '../../runtime/market/player/strategy.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { crashMonths } from '../support/crash-months.ts';
import { type Logged, readingsByHand } from '../support/month-by-hand.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const TIMEOUT_MS = 300_000;
/** Twenty days and a bit, so that an interval can be said; and ten, so that none can. */
const MONTHS = [
  ['June 2022', 504],
  ['July and August 2023', 240],
] as const;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** The first hours of a market. */
function firstOf(market: Market, hours: number): Market {
  return { ...market, hours };
}

async function logOf(market: Market): Promise<readonly Logged[]> {
  const range = { fromMs: 0, toMs: market.closedAtMs(market.hours - 1) };
  const all: Logged[] = [];
  for await (const page of decisionPages(redis.client, portfolioOf('demo'), range)) {
    all.push(...page.map(({ id, fields }) => ({ ...fields, id }) as Logged));
  }
  return all;
}

/** What was earned by day, put together by two days: a horizon of a day reaches into the next. */
function blocksOf(exits: readonly { readonly day: number; readonly usd: number }[], days: number): readonly number[] {
  const count = Math.floor(days / 2);
  const blocks = new Array<number>(count).fill(0);
  for (const { day, usd } of exits) {
    const block = Math.min(count - 1, Math.floor(day / 2));
    blocks[block] = (blocks[block] ?? 0) + usd;
  }
  return blocks;
}

describe('a demo of other months reads what softening came to in three ways', () => {
  it.each(MONTHS)(
    '%s, %i hours: as loops over its log and its closes do',
    async (name, hours) => {
      const market = firstOf(crashMonths[name]?.() ?? expect.fail(name), hours);
      const month = { market, strategy: DEMO_STRATEGY };
      let printed = '';
      const out = { write: (text: string) => (printed += text) };
      expect(await runDemo({ json: true, month, redisUrl: redis.url, out, err: { write: () => true } })).toBe(0);
      const { readings, softening, equity } = JSON.parse(printed) as DemoSummary;
      if (readings === undefined) throw new Error('expected readings');
      const { counterfactuals, uncertainty } = readings;
      const byHand = readingsByHand(await logOf(market), market, 24);
      expect(byHand.direct.length).toBeGreaterThan(5);
      for (const of of ['direct', 'adjusted'] as const) {
        const usd = byHand[of].reduce((sum, one) => sum + one.usd, 0);
        expect(counterfactuals[of].pnl_usd).toBeCloseTo(usd, 4);
        const blocks = blocksOf(byHand[of], hours / 24);
        const { interval_usd, exits, blocks: count } = uncertainty[of];
        expect({ exits, count }).toEqual({ exits: byHand.direct.length, count: blocks.length });
        if (blocks.length < 10) expect(interval_usd).toBeNull();
        else {
          const { low, high } = bcaOfSum(blocks);
          expect(interval_usd).toEqual({ low: expect.closeTo(low, 4), high: expect.closeTo(high, 4) });
        }
      }
      expect(counterfactuals.direct.pnl_usd).toBeCloseTo(softening.net_usd, 1);
      const { played } = counterfactuals;
      if (!('pnl_usd' in played)) throw new Error(`expected it to be played, got ${played.reason}`);
      expect(played.original.end_equity_usd).toBe(equity.end_usd);
      // Nothing of the second play is left, and it is what the gates make of the month in enforce.
      expect(await redis.client.keys('demo-softened*')).toEqual([]);
      const stage = { ...PAPER_STAGE, settings: { ...PAPER_STAGE.settings, P26_MODE: 'enforce' } };
      const connect = () => new Redis(redis.url, { maxRetriesPerRequest: null });
      const softened = await playMonth({ connect, month, stage });
      expect(played.softened.end_equity_usd).toBe(softened?.equity.end_usd);
      expect(played.pnl_usd).toBeCloseTo((softened?.equity.end_usd ?? 0) - equity.end_usd, 2);
    },
    TIMEOUT_MS,
  );
});
