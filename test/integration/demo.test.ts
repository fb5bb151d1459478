import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { effectProofOf } from '../../runtime/desk/activation/effect-proof.ts';
import { decisionPages } from '../../runtime/desk/decisions/decision-export.ts';
import type { DemoSummary } from '../../runtime/doors/demo/guarded.ts';
import { runDemo } from '../../runtime/doors/demo/index.ts';
import { playMonth } from '../../runtime/doors/demo/play.ts';
import { indicatorsAt, warmUpHours } from '../../runtime/market/player/indicators.ts';
import { loadMay2021 } from '../../runtime/market/player/market.ts';
import { DEMO_STRATEGY, quantityFor } from '../../runtime/market/player/strategy.ts';
import type { Summary } from '../../runtime/market/player/summary.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { WEEK_HOURS } from '../../schemas/duration.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { adjustedByHand, byHand } from '../support/month-by-hand.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

const WINDOW_HOURS = warmUpHours(DEMO_STRATEGY);
const MONTH_TIMEOUT_MS = 300_000;

/** The decision log of this month, as it was before those limits (fixtures/decisions/README.md). */
const RECORDED = new URL('../fixtures/decisions/may-2021.jsonl.gz', import.meta.url);

/**
 * A decision behind its handler's name, without the id of its policy, which each run makes anew, without its place among
 * those of other handlers in its millisecond, and without the two checks that each CLOSE has had since.
 */
function sinceThen(line: string): string {
  const { policy: _, facts_entry: __, ...decision } = JSON.parse(line) as Record<string, string>;
  const facts = (decision.facts ?? '').replace(/,"close":\{[^}]*\}/, '');
  const checks = (decision.checks ?? '').replace(/,\{"gate":"close_(?:size|side)"[^}]*\}/g, '');
  const millisecond = decision.id?.split('-')[0];
  return `${decision.handler} ${JSON.stringify({ ...decision, id: millisecond, facts, checks })}`;
}

/** Those of each handler together, in the order in which it decided. */
function byHandler(lines: readonly string[]): readonly string[] {
  const handlerOf = (line: string) => line.split(' ')[0] ?? '';
  return lines.toSorted((one, other) => handlerOf(one).localeCompare(handlerOf(other)));
}

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

async function demo(options: { json: boolean; hours?: number }) {
  const printed: string[] = [];
  const progress: string[] = [];
  const code = await runDemo({
    ...options,
    redisUrl: redis.url,
    out: { write: (text: string) => printed.push(text) },
    err: { write: (text: string) => progress.push(text) },
  });
  return { code, printed: printed.join(''), progress: progress.join('') };
}

describe('the demo', () => {
  let month: DemoSummary;
  beforeAll(async () => {
    await redis.client.hset('quantum:state:portfolio', { equity_usd: '1000', timestamp: '1' });
    await redis.client.set('quantum:kill', '1');
    await redis.client.set('demonstration', 'of another program');
    await redis.client.set('demo:left:by:an:earlier:run', '1');
    const run = await demo({ json: true });
    expect(run).toMatchObject({ code: 0, progress: '' });
    month = JSON.parse(run.printed) as DemoSummary;
  }, MONTH_TIMEOUT_MS);

  it('plays all 744 hours of the month and meets all three buckets', () => {
    const { COLD, WARM, HOT } = month.hours.by_bucket;
    expect(month.hours).toMatchObject({ played: 744, warm_up: WINDOW_HOURS });
    expect(COLD + WARM + HOT).toBe(744 - WINDOW_HOURS);
    expect(Math.min(COLD, WARM, HOT)).toBeGreaterThan(0);
  });

  it('softens exits in COLD and WARM, and lets stops and exits in HOT pass', () => {
    const { by_reason: reasons, softened_to: softenedTo } = month.exits;
    expect(softenedTo.PARTIAL_25).toBe(reasons.portfolio_heat_cold);
    expect(softenedTo.PARTIAL_75).toBe(reasons.portfolio_heat_warm);
    expect(reasons.protective_exit_unchanged).toBe(month.exits.by_rule.stop_loss);
    expect(reasons.portfolio_heat_hot).toBeGreaterThan(0);
    expect(Object.keys(reasons).filter((reason) => reason.startsWith('fail_closed'))).toEqual([]);
    expect(month.softening.exits).toBe(month.exits.softened);
    expect(month.softening.net_usd).not.toBe(0);
  });

  it('reads what softening came to in three ways, as the report on its log does', async () => {
    const { counterfactuals, uncertainty } = month.readings ?? expect.fail('no readings');
    const { direct, adjusted, played } = counterfactuals;
    const usd = (await byHand(24)).reduce((sum, usd) => sum + usd, 0);
    expect(direct.pnl_usd).toBeCloseTo(usd, 4);
    expect(direct.pnl_usd).toBeCloseTo(month.softening.net_usd, 1);
    expect(adjusted.pnl_usd).toBeCloseTo((await adjustedByHand(24)).pnlUsd, 4);
    expect(direct.funding.moves_usd.high).toBeCloseTo(month.softening.funding.moves_usd.high, 1);
    expect(uncertainty.direct).toMatchObject({ exits: 55, blocks: 15, distinguishable: false });
    expect(played).toMatchObject({ original: { end_equity_usd: month.equity.end_usd }, pnl_usd: -9599.74 });
  });

  it('permits every exit, and permits or blocks every entry', () => {
    const { plans } = month;
    expect(plans.exit_permits).toBe(plans.exits);
    expect(plans.exits).toBe(month.exits.proposed);
    expect(plans.entry_permits + plans.blocks).toBe(plans.entries);
    expect(plans.entry_permits).toBeGreaterThan(0);
    expect(Object.keys(plans.blocks_by_reason).sort()).toEqual([
      'kill_score_critical',
      'max_positions_reached',
      'notional_per_trade_exceeded',
      'p28_budget_violation',
      'symbol_cooldown',
      'total_notional_exceeded',
    ]);
  });

  it('acts on every permit, and raises no alarm', async () => {
    const proof = await effectProofOf(redis.client, portfolioOf('demo'));
    expect(proof.executed_with_permit.count).toBe(month.plans.entry_permits + month.plans.exit_permits);
    expect([proof.executed_without_permit.count, proof.calibrated_not_used.count]).toEqual([0, 0]);
    expect(proof.permit_not_taken.count).toBe(0);
    const events = await redis.client.xrange('demo:stream:governor.events', '-', '+');
    const told = new Set(events.map(([, flat]) => fieldsOf(flat).event));
    expect([...told].filter((event) => !['PERMIT', 'BLOCK', 'AUTO_DISARM'].includes(event ?? ''))).toEqual([]);
  });

  it('gives every symbol a smaller budget in the worst hour than in the calmest', () => {
    const { calmest_hour: calmest, worst_hour: worst } = month.budgets;
    expect(Object.keys(calmest.budgets_usd)).toEqual(month.symbols);
    expect(calmest.bucket).toBe('COLD');
    expect(worst.bucket).toBe('HOT');
    for (const symbol of month.symbols) {
      expect(worst.budgets_usd[symbol]).toBeLessThan(calmest.budgets_usd[symbol] ?? 0);
    }
  });

  it('shows the heat that the core book has by the formula of contract §1', () => {
    const { calmest_hour: calmest } = month.budgets;
    const market = loadMay2021();
    const hour = Array.from({ length: 744 }, (_, at) => at).find(
      (at) => market.closedAtMs(at) === Date.parse(calmest.at),
    );
    let risk = 0;
    let equity = 100_000;
    for (const [symbol, share] of Object.entries(DEMO_STRATEGY.core_shares)) {
      const entered = market.close(symbol, WINDOW_HOURS);
      const price = market.close(symbol, hour ?? 0);
      const qty = quantityFor(50_000, entered);
      risk += qty * price * (indicatorsAt(market, symbol, hour ?? 0, DEMO_STRATEGY)?.sigmaDaily ?? 0);
      equity += Math.sign(share) * qty * (price - entered);
    }
    expect(calmest.equity_usd).toBeCloseTo(equity, 2);
    expect(calmest.heat).toBeCloseTo(risk / equity, 9);
  });

  it('leaves nothing dead, and what is not its own untouched', async () => {
    const names = await redis.client.keys('*');
    expect(names.filter((name) => name.endsWith('.dlq'))).toEqual([]);
    expect(names).not.toContain('demo:left:by:an:earlier:run');
    const others = names.filter((name) => !name.startsWith('demo:')).sort();
    expect(others).toEqual(['demonstration', 'quantum:kill', 'quantum:state:portfolio']);
    expect(await redis.client.hgetall('quantum:state:portfolio')).toEqual({ equity_usd: '1000', timestamp: '1' });
  });

  it('decides as it did before there were limits on losses, stress and orders, byte for byte, and keeps nothing of them', async () => {
    const recorded = gunzipSync(readFileSync(RECORDED)).toString().trim().split('\n').map(sinceThen);
    const lines: string[] = [];
    for await (const page of decisionPages(redis.client, portfolioOf('demo'), {
      fromMs: 0,
      toMs: Date.UTC(2021, 6, 1),
    })) {
      lines.push(...page.map(({ id, fields }) => sinceThen(JSON.stringify({ id, ...fields }))));
    }
    expect(byHandler(lines)).toEqual(byHandler(recorded));
    const names = await redis.client.keys('demo:*');
    expect(names.filter((name) => /loss|streak|risk$|last_order|permit_times|account|feed/.test(name))).toEqual([]);
  });

  it('writes under its own clock alone', async () => {
    for (const stream of ['harvest.calibrated', 'harvest.heat.decision', 'governor.events', 'decisions']) {
      const [first] = await redis.client.xrange(`demo:stream:${stream}`, '-', '+', 'COUNT', 1);
      const [last] = await redis.client.xrevrange(`demo:stream:${stream}`, '+', '-', 'COUNT', 1);
      expect(Number(first?.[0].split('-')[0])).toBeGreaterThanOrEqual(Date.UTC(2021, 4, 1));
      expect(Number(last?.[0].split('-')[0])).toBeLessThanOrEqual(Date.UTC(2021, 5, 1));
    }
  });

  it('gives the same figures every time, and shows progress where they are to be read', async () => {
    const first = await demo({ json: true, hours: WEEK_HOURS });
    const again = await demo({ json: true, hours: WEEK_HOURS });
    expect(again.printed).toBe(first.printed);
    const read = await demo({ json: false, hours: WEEK_HOURS });
    expect(read.progress).toBe('demo: 2021-05-08, hour 168 of 168\n');
    expect(read.printed).toMatch(/Softened against original +[+-]?\$[\d,.]+ +[+-]?\$[\d,.]+ +[+-]?\$[\d,.]+\n/);
    expect(read.printed).toContain('Hours per bucket (168 played');
    expect((JSON.parse(first.printed) as Summary).plans.blocks).toBeGreaterThan(0);
  });
});

describe('one demo at a time', () => {
  it('is refused while another plays', async () => {
    await redis.client.set('demo:portcullis:demo_turn', 'another');
    await expect(demo({ json: true, hours: 30 })).rejects.toThrow('expected no other demo on this Redis');
    expect(await redis.client.get('demo:portcullis:demo_turn')).toBe('another');
    await redis.client.del('demo:portcullis:demo_turn');
  });

  it('gives its turn back at its end', async () => {
    await demo({ json: true, hours: 30 });
    expect(await redis.client.exists('demo:portcullis:demo_turn')).toBe(0);
  });
});

describe('an interrupted demo', () => {
  it('ends after the hour under way, without a summary, and gives its turn back', async () => {
    const controller = new AbortController();
    const connections: Redis[] = [];
    const played: number[] = [];
    const summary = await playMonth({
      connect: () => {
        const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
        connections.push(connection);
        return connection;
      },
      signal: controller.signal,
      onHour: (hour) => {
        played.push(hour);
        if (hour === 3) controller.abort();
      },
    });
    expect(summary).toBeUndefined();
    expect(played).toEqual([1, 2, 3]);
    expect(await redis.client.exists('demo:portcullis:demo_turn')).toBe(0);
    await until('every connection to be closed', () => connections.every(({ status }) => status === 'end'));
  });
});
