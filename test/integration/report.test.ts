import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TimedReplay } from '../../runtime/desk/replay/index.ts';
import type { HeatReport } from '../../runtime/desk/report/gate-report.ts';
import type { GateReport } from '../../runtime/desk/report/index.ts';
import { playMonth } from '../../runtime/doors/demo/play.ts';
import { loadMay2021 } from '../../runtime/market/player/market.ts';
import { PLAY_SETTINGS } from '../../runtime/market/player/settings.ts';
import { PAPER_STAGE } from '../../runtime/market/player/stage.ts';
import type { Summary } from '../../runtime/market/player/summary.ts';
import { formatFunding } from '../../schemas/funding.ts';
import { runCli } from '../support/cli.ts';
import { byHand, isFundingHour, madeUpFunding } from '../support/month-by-hand.ts';
import { Files, may2021Csv } from '../support/month-report.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { connectTo, startSystem } from '../support/system.ts';

const MONTHS_TIMEOUT_MS = 300_000;
const TIGHTER = { HEAT_MIN: '0.35', HEAT_MAX: '0.8' };
const WHOLE = ['--portfolio', 'demo', '--since', '2021-05-01'];

type Report = HeatReport & GateReport;

let redis: TestRedis;
let files: Files;
let candles: string;
beforeAll(async () => {
  redis = await startRedis();
  files = await Files.make();
  candles = await files.write('candles.csv', may2021Csv());
});
afterAll(async () => {
  await redis.stop();
  await files.remove();
});

async function cli(...argv: string[]): Promise<string> {
  const { code, out, err } = await runCli(redis.url, argv, { environment: PLAY_SETTINGS });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

async function report(...argv: string[]): Promise<Report> {
  return JSON.parse(await cli('report', 'heat-gate', '--json', ...argv)) as Report;
}

async function played(settings: Readonly<Record<string, string>>): Promise<Summary> {
  const stage = { ...PAPER_STAGE, settings: { ...PAPER_STAGE.settings, ...settings } };
  const summary = await playMonth({ connect: () => connectTo(redis.url), stage });
  if (summary === undefined) throw new Error('expected the month to be played to its end');
  return summary;
}

function softenedTo(of: Report, bucket: string): number {
  return of.buckets.find(({ name }) => name === bucket)?.changed ?? 0;
}

describe('a month in shadow, on the real candles', () => {
  let summary: Summary;
  let first: Report;
  beforeAll(async () => {
    summary = await played({});
    first = await report(...WHOLE, '--candles', candles);
  }, MONTHS_TIMEOUT_MS);

  it('is reported as the demo sums it up', () => {
    const { exits, softening, equity } = summary;
    expect(first.full_closes).toBe(exits.proposed);
    expect(first.softened).toMatchObject({ exits: exits.softened, would_be: exits.softened, done: 0 });
    expect(first.money).toMatchObject({ valued: softening.exits, sources: { candle_file: softening.exits } });
    expect(first.money.pnl_usd).toBeCloseTo(softening.net_usd, 2);
    expect(first.money.gained.usd).toBeCloseTo(softening.saved_usd, 2);
    expect(first.money.lost.usd).toBeCloseTo(-softening.cost_usd, 2);
    expect(first.drawdown?.max_drawdown_without).toBeCloseTo(equity.max_drawdown_percent / 100, 3);
    expect(first.figures).toMatchObject({ errors: 0, fresh_share: 1, stale_rate: 0, protective_exits_changed: 0 });
  });

  it('is reported the same from what it exported', async () => {
    const path = await files.write('month.jsonl', (await runCli(redis.url, ['export', '--portfolio', 'demo'])).out);
    const { looked_at, until: _, ...same } = await report('--file', path, ...WHOLE, '--candles', candles);
    const { looked_at: looked, until: __, ...expected } = first;
    expect(looked_at).toBe(looked);
    expect(same).toEqual(expected);
  });

  it('has the funding that Redis holds taken off, and says what is not recorded', async () => {
    const market = loadMay2021();
    const key = (symbol: string) => `demo:market:funding:${symbol}`;
    const hours = Array.from({ length: market.hours }, (_, hour) => hour).filter(isFundingHour);
    const bounds = { from: String(market.closedAtMs(0)), next: String(market.closedAtMs(market.hours)) };
    for (const symbol of market.symbols) {
      const paid = hours.map((hour) => [
        String(market.closedAtMs(hour)),
        formatFunding({ rate: madeUpFunding(symbol, hour), mark: market.close(symbol, hour) }),
      ]);
      await redis.client.hset(key(symbol), { ...Object.fromEntries(paid), ...bounds });
    }
    const { money } = await report(...WHOLE, '--candles', candles);
    const byHours = (await byHand(24, madeUpFunding)).reduce((sum, usd) => sum + usd, 0);
    expect(money.pnl_usd).toBeCloseTo(byHours, 2);
    expect(money.funding.paid_usd).toBeCloseTo(first.money.pnl_usd - byHours, 2);
    expect(money.funding.not_recorded).toBe(0);
    for (const symbol of market.symbols) await redis.client.hdel(key(symbol), 'next');
    await redis.client.hset(key('ADAUSDT'), 'soon', '0.1,1');
    const open = await report(...WHOLE, '--candles', candles);
    expect(open.money.funding).toEqual(money.funding);
    await redis.client.del(key('ADAUSDT'));
    const without = await report(...WHOLE, '--candles', candles);
    const ofAda = first.symbols.find(({ name }) => name === 'ADAUSDT');
    expect(without.money.funding.not_recorded).toBe(ofAda?.valued);
    for (const symbol of market.symbols) await redis.client.del(key(symbol));
    expect((await report(...WHOLE, '--candles', candles)).money).toEqual(first.money);
  });

  it('is worth the same by what Redis holds, and as much of it as has marks there', async () => {
    const { money, drawdown } = await report(...WHOLE);
    expect(money.valued).toBe(first.money.valued);
    expect(money.pnl_usd).toBeCloseTo(first.money.pnl_usd, 4);
    expect(Object.keys(money.sources).sort()).toEqual(['candle_store', 'position_snapshots']);
    expect(drawdown?.max_drawdown_with).toBeCloseTo(first.drawdown?.max_drawdown_with ?? 0, 4);
    await redis.client.del(await redis.client.keys('demo:market:candles:*'));
    const without = await report(...WHOLE);
    expect(without.money.valued).toBeLessThan(money.valued);
    expect(without.money.not_valued).toEqual({ no_mark: money.valued - without.money.valued });
  });

  it('ends with the month where no time is named: the clock of the demo stands there', async () => {
    const last = await report('--portfolio', 'demo');
    const month = loadMay2021();
    expect(last.until).toBe(month.closedAtMs(month.hours - 1) / 1000);
    expect(last.full_closes).toBeGreaterThan(0);
    expect(last.full_closes).toBeLessThan(first.full_closes);
    const { out } = await runCli(redis.url, ['status', '--portfolio', 'demo']);
    expect(out).toContain('its simulated clock at 2021-06-01 00:00:00 UTC');
    expect(out).toMatch(/^Heat .* COLD .*, 0 s old$/m);
  });

  it('says before a limit is changed what it would have changed of the last day of the month', async () => {
    const set = ['policy', 'set', 'GOV_MAX_OPEN_POSITIONS=1', '--gate', 'governor', '--portfolio', 'demo'];
    const { code, err } = await runCli(redis.url, [...set, '--reason', 'a look']);
    expect(code).toBe(2);
    expect(err).toMatch(/^Of \d+ decisions of the last 24 h [1-9]\d* would have come out otherwise/);
  });

  it(
    'replayed under other thresholds is what a second month under them is reported to be',
    async () => {
      const policy = await files.write('tighter.json', JSON.stringify({ 'heat-gate': { settings: TIGHTER } }));
      const replayed = JSON.parse(
        await cli('replay', '--json', '--portfolio', 'demo', '--gate', 'heat-gate', '--policy', policy),
      ) as TimedReplay;
      await played(TIGHTER);
      const second = await report(...WHOLE, '--candles', candles);
      const moved = (from: string, to: string) =>
        replayed.changes
          .filter((change) => change.from === from && change.to === to)
          .reduce((sum, { count }) => sum + count, 0);
      const [hot, warm, cold] = [
        'PASS portfolio_heat_hot',
        'DOWNGRADE portfolio_heat_warm',
        'DOWNGRADE portfolio_heat_cold',
      ];
      expect(replayed.changed).toBeGreaterThan(0);
      expect(replayed.changed).toBe(moved(hot, warm) + moved(hot, cold) + moved(warm, cold));
      expect(second.full_closes).toBe(first.full_closes);
      expect(softenedTo(second, 'COLD') - softenedTo(first, 'COLD')).toBe(moved(warm, cold) + moved(hot, cold));
      expect(second.softened.exits - first.softened.exits).toBe(moved(hot, warm) + moved(hot, cold));
      expect(second.thresholds).toEqual({ heat_min: 0.35, heat_max: 0.8 });
      expect(second.money.kept_usd).toBeGreaterThan(first.money.kept_usd);
    },
    MONTHS_TIMEOUT_MS,
  );
});

describe('a gate in enforce', () => {
  it('is worth what its position was until it was closed, by the snapshots of it', async () => {
    const now = Number((await redis.client.time())[0]);
    await redis.client.hset('quantum:state:portfolio', { equity_usd: '10000', timestamp: String(now) });
    const snapshot = async (id: string, qty: string, mark: string) =>
      redis.client.xadd(
        'quantum:stream:position.snapshot',
        id,
        ...Object.entries({
          symbol: 'ETHUSDT',
          side: qty === '0' ? 'FLAT' : 'SHORT',
          position_qty: qty,
          mark_price: mark,
          sigma: '0.1',
        }).flat(),
      );
    await snapshot('*', '10', '100');
    const system = await startSystem(redis, { env: { P26_MODE: 'enforce', GATES: 'heat-gate' } });
    try {
      const exit = { plan_id: 'p', symbol: 'ETHUSDT', action: 'FULL_CLOSE_PROPOSED' };
      await redis.client.xadd('quantum:stream:harvest.proposal', '*', ...Object.entries(exit).flat());
      await until('the decision', async () => (await redis.client.xlen('quantum:stream:decisions')) === 1);
    } finally {
      await system.stop();
    }
    const [decision] = await redis.client.xrange('quantum:stream:decisions', '-', '+');
    const atMs = Number(decision?.[0].split('-')[0]);
    await snapshot(`${atMs + 10}-0`, '7.5', '110');
    await snapshot(`${atMs + 20}-0`, '0', '80');
    await snapshot(`${atMs + 30}-0`, '5', '70');
    const made = await report('--until', new Date(atMs + 100).toISOString());
    expect(made).toMatchObject({ portfolio: 'quantum', softened: { exits: 1, done: 1, would_be: 0 } });
    expect(made.money).toMatchObject({
      sources: { position_snapshots: 1 },
      ends: { position_closed: 1 },
      kept_usd: 750,
      pnl_usd: expect.closeTo(150, 9),
      pnl_enforced_usd: expect.closeTo(150, 9),
    });
    expect(made.drawdown?.end_equity_without_usd).toBeCloseTo(9_850, 9);
    const text = await cli('report', 'heat-gate', '--until', new Date(atMs + 100).toISOString());
    expect(text).toContain('the gate softened 1 of 1 full close (100 %).');
    expect(text).toContain(
      'Keeping those parts earned $150.00 against the original exits (direct, horizon 24 h): 1 part earned $150.00, 0 lost',
    );
  });
});
