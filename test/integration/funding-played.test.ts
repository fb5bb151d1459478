import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CandleReplay } from '../../runtime/desk/candles/index.ts';
import type { HeatReport } from '../../runtime/desk/report/gate-report.ts';
import { loadMay2021 } from '../../runtime/market/player/market.ts';
import { PLAY_SETTINGS } from '../../runtime/market/player/settings.ts';
import { DEMO_STRATEGY, quantityFor } from '../../runtime/market/player/strategy.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { runCli } from '../support/cli.ts';
import { type FundingByHour, fundingCsv, isFundingHour, madeUpFunding } from '../support/month-by-hand.ts';
import { Files, may2021Csv } from '../support/month-report.ts';

const TIMEOUT_MS = 300_000;
const NO_REDIS = 'redis://127.0.0.1:1';
const HOURS = 108;
const DAYS = ['--since', '2021-05-01', '--until', '2021-05-05T12:00:00Z'];
const PLAYS = ['in-force', 'under-policy'] as const;

let files: Files;
let candles: string;
let rates: string;
let paid: CandleReplay;
let free: CandleReplay;

async function cli(...argv: readonly string[]) {
  const found = await runCli(NO_REDIS, argv, { environment: { ...PLAY_SETTINGS, PATH: process.env.PATH ?? '' } });
  expect(found).toMatchObject({ code: 0 });
  return found.out;
}

const run = (name: string) => join(files.path('runs'), name);

/** The days with the heat gate in shadow, beside those with it in enforce, kept. */
async function replayed(name: string, ...more: readonly string[]): Promise<CandleReplay> {
  const policy = await files.write('enforce.json', '{"heat-gate":{"mode":"enforce"}}');
  const argv = ['replay', '--json', '--candles', candles, '--policy', policy, '--keep', run(name), ...DAYS];
  return JSON.parse(await cli(...argv, ...more)) as CandleReplay;
}

type Logged = Record<'id' | 'handler' | 'verdict' | 'symbol' | 'plan_id' | 'facts' | 'input' | 'policy', string>;

async function logOf(name: string, play: string): Promise<readonly Logged[]> {
  const text = gunzipSync(await readFile(join(run(name), `${play}.jsonl.gz`))).toString('utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Logged);
}

interface Hour {
  readonly symbol: string;
  readonly hour: number;
  readonly coins: number;
  readonly entryPrice: number;
}

/** What was held when perpetual futures paid, by a loop over the permits of a log. */
async function heldWhenPaid(name: string, play: string): Promise<readonly Hour[]> {
  const market = loadMay2021();
  const permits = (await logOf(name, play)).filter(
    ({ handler, verdict }) => handler === 'governor' && verdict === 'PERMIT',
  );
  const coins = new Map<string, { coins: number; entryPrice: number }>();
  const held: Hour[] = [];
  for (let hour = 0; hour < HOURS; hour += 1) {
    if (isFundingHour(hour)) for (const [symbol, of] of coins) held.push({ symbol, hour, ...of });
    if (hour === 24) {
      for (const [symbol, share] of Object.entries(DEMO_STRATEGY.core_shares)) {
        const entryPrice = market.close(symbol, hour);
        coins.set(symbol, { coins: Math.sign(share) * quantityFor(50_000, entryPrice), entryPrice });
      }
    }
    for (const { symbol, input } of permits.filter(({ id }) => id.startsWith(`${market.closedAtMs(hour)}-`))) {
      const { side, qty } = JSON.parse(input) as { side: string; qty: number };
      const before = coins.get(symbol);
      const left = (before?.coins ?? 0) + (side === 'BUY' ? qty : -qty);
      if (Math.abs(left) < 1e-9) coins.delete(symbol);
      else coins.set(symbol, { coins: left, entryPrice: before?.entryPrice ?? market.close(symbol, hour) });
    }
  }
  return held;
}

/** Where the equity of a play ends by its permits alone: what was paid for coins, and what is held at the last close. */
async function endByCoins(name: string, play: string): Promise<number> {
  const market = loadMay2021();
  const coins = new Map<string, number>();
  let cash = 100_000;
  const trade = (symbol: string, qty: number, hour: number) => {
    coins.set(symbol, (coins.get(symbol) ?? 0) + qty);
    cash -= qty * market.close(symbol, hour);
  };
  for (const [symbol, share] of Object.entries(DEMO_STRATEGY.core_shares)) {
    trade(symbol, Math.sign(share) * quantityFor(50_000, market.close(symbol, 24)), 24);
  }
  for (const { handler, verdict, symbol, input, id } of await logOf(name, play)) {
    if (handler !== 'governor' || verdict !== 'PERMIT') continue;
    const { side, qty } = JSON.parse(input) as { side: string; qty: number };
    trade(symbol, side === 'BUY' ? qty : -qty, (Number(id.split('-')[0]) - market.closedAtMs(0)) / HOUR_MS);
  }
  return [...coins].reduce((sum, [symbol, qty]) => sum + qty * market.close(symbol, HOURS - 1), cash);
}

async function paidBy(name: string, play: string, rate: FundingByHour): Promise<number> {
  const market = loadMay2021();
  const held = await heldWhenPaid(name, play);
  return held.reduce(
    (sum, { symbol, hour, coins }) => sum + coins * market.close(symbol, hour) * rate(symbol, hour),
    0,
  );
}

async function reportOf(name: string, ...more: readonly string[]): Promise<HeatReport> {
  const argv = ['report', 'heat-gate', '--json', '--run', join(run(name), 'in-force'), '--play', '--starts', '1'];
  return JSON.parse(await cli(...argv, ...more)) as HeatReport;
}

beforeAll(async () => {
  files = await Files.make();
  candles = await files.write('candles.csv', may2021Csv());
  rates = await files.write('funding.csv', fundingCsv(madeUpFunding));
  free = await replayed('free');
  paid = await replayed('paid', '--funding', rates);
}, TIMEOUT_MS);
afterAll(() => files.remove());

describe('what is played', () => {
  it(
    'ends where the coins of its permits do, in shadow and in enforce, and so does the played reading',
    async () => {
      const [original, softened] = [await endByCoins('free', 'in-force'), await endByCoins('free', 'under-policy')];
      expect(free.in_force.equity.end_usd).toBeCloseTo(original, 2);
      expect(free.under_policy?.equity.end_usd).toBeCloseTo(softened, 2);
      const { played } = (await reportOf('free')).counterfactuals;
      expect(played).toMatchObject({ pnl_usd: expect.closeTo(softened - original, 2) });
      expect(Math.abs(softened - original)).toBeGreaterThan(10);
    },
    TIMEOUT_MS,
  );
});

describe('funding in what is played', () => {
  it('changes no decision', async () => {
    for (const play of PLAYS) {
      // But for the id of its policy, which each run makes anew, and its place among other handlers in its millisecond.
      const of = async (name: string) => {
        const all = (await logOf(name, play)).map(({ policy: _, id, ...rest }) => ({ ...rest, at: id.split('-')[0] }));
        return all.toSorted((one, other) => one.handler.localeCompare(other.handler));
      };
      expect(await of('paid')).toEqual(await of('free'));
    }
  });

  it('is taken off what a play comes to as a loop over the coins of its log does', async () => {
    for (const [play, withIt, without] of [
      ['in-force', paid.in_force, free.in_force],
      ['under-policy', paid.under_policy, free.under_policy],
    ] as const) {
      if (withIt === null || without === null) throw new Error('expected both plays');
      const usd = await paidBy('paid', play, madeUpFunding);
      expect(Math.abs(usd)).toBeGreaterThan(10);
      expect(withIt.funding).toMatchObject({ not_recorded: 0, moves_usd: { low: 0, high: 0 } });
      expect(withIt.funding.paid_usd).toBeCloseTo(usd, 1);
      expect(withIt.equity.end_usd).toBeCloseTo(without.equity.end_usd - usd, 1);
      expect(withIt.equity_by_day.at(-1)?.[1]).toBe(withIt.equity.end_usd);
      const gained = Object.values(withIt.gains_usd).reduce((sum, one) => sum + one, 0);
      expect(gained).toBeCloseTo(withIt.equity.end_usd - withIt.equity.start_usd, 1);
    }
  });

  it('is moved by stated rates where nothing is recorded, as that loop says', async () => {
    const { funding, plans } = free.in_force;
    expect(funding).toMatchObject({
      paid_usd: 0,
      low_rate: -0.0005,
      high_rate: 0.0005,
      positions: plans.entry_permits + 4,
    });
    const held = await heldWhenPaid('free', 'in-force');
    const usd = held.reduce((sum, { coins, entryPrice }) => sum + Math.abs(coins) * entryPrice * 0.0005, 0);
    expect(funding.moves_usd.high).toBeCloseTo(usd, 1);
    expect(funding.moves_usd.low).toBeCloseTo(-usd, 1);
    const text = await cli('replay', '--candles', candles, ...DAYS, '--funding-bps', '0:1');
    expect(text).toMatch(
      /Equity at the end, in force: \$[\d,.]+; funding, not recorded for \d+ of \d+ positions, moves it by/,
    );
    expect(text).toContain('(at 0 % to 0.01 % every 8 h)');
  });

  it(
    'puts the three readings on one footing: by the rates a run was kept with',
    async () => {
      const { money, counterfactuals } = await reportOf('paid');
      const { softening, equity } = paid.in_force;
      expect(money.funding.not_recorded).toBe(0);
      expect(money.pnl_usd).toBeCloseTo(softening.net_usd, 1);
      expect(softening.funding.paid_usd).toBeCloseTo(money.funding.paid_usd, 1);
      expect(counterfactuals.adjusted.funding.not_recorded).toBe(0);
      const { played } = counterfactuals;
      if (!('pnl_usd' in played)) throw new Error(`expected it to be played, got ${played.reason}`);
      expect(played.pnl_usd).toBeCloseTo((paid.under_policy?.equity.end_usd ?? 0) - equity.end_usd, 2);
      const apart =
        (await paidBy('paid', 'under-policy', madeUpFunding)) - (await paidBy('paid', 'in-force', madeUpFunding));
      expect(played.funding).toMatchObject({ not_recorded: 0 });
      expect(played.funding.paid_usd).toBeCloseTo(apart, 1);
      expect(counterfactuals.differences.join(' ')).toMatch(
        /instead of \d+\); funding of \$[\d.,]+ (paid|received) is in it\./,
      );
    },
    TIMEOUT_MS,
  );

  it(
    'moves the difference of two plays by what they do not hold alike',
    async () => {
      const { played } = (await reportOf('free')).counterfactuals;
      if (!('pnl_usd' in played)) throw new Error(`expected it to be played, got ${played.reason}`);
      const apart = new Map<string, number>();
      for (const [play, sign] of [['under-policy', 1] as const, ['in-force', -1] as const]) {
        for (const { symbol, hour, coins, entryPrice } of await heldWhenPaid('free', play)) {
          const name = `${symbol} ${hour}`;
          apart.set(name, (apart.get(name) ?? 0) + sign * coins * entryPrice);
        }
      }
      const differing = [...apart.values()].filter((usd) => Math.abs(usd) > 1e-6);
      expect(differing.length).toBeGreaterThan(5);
      expect(played.funding).toMatchObject({ paid_usd: 0, payments: differing.length, not_recorded: differing.length });
      const usd = differing.reduce((sum, one) => sum + Math.abs(one) * 0.0005, 0);
      expect(played.funding.moves_usd.high).toBeCloseTo(usd, 1);
    },
    TIMEOUT_MS,
  );

  it('is refused without candles, and where it is no file of rates', async () => {
    const alone = await runCli(NO_REDIS, ['replay', '--funding', rates]);
    expect(alone).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected --candles with --funding, got none'),
    });
    const wrong = await runCli(NO_REDIS, ['replay', '--candles', candles, '--funding', candles, ...DAYS]);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining(`--funding ${candles}`) });
  });
});
