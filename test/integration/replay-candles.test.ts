import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { CandleReplay } from '../../runtime/desk/candles/index.ts';
import { fileTries } from '../../runtime/desk/replay/tries.ts';
import { playMonth } from '../../runtime/doors/demo/play.ts';
import { loadMay2021 } from '../../runtime/market/player/market.ts';
import { PLAY_SETTINGS } from '../../runtime/market/player/settings.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const HOURS = 120;
const PLAY_TIMEOUT_MS = 300_000;

let redis: TestRedis;
let folder: string;
let candles: string;

beforeAll(async () => {
  redis = await startRedis();
  folder = await mkdtemp(join(tmpdir(), 'portcullis-candles-'));
  candles = join(folder, 'may-2021.csv');
  await writeFile(candles, csvOfMay());
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true });
});

/** The demo's real closes as candles that did not move. */
function csvOfMay(): string {
  const market = loadMay2021();
  const lines = market.symbols.flatMap((symbol) =>
    Array.from({ length: HOURS }, (_, hour) => {
      const close = market.close(symbol, hour);
      return [symbol, market.closedAtMs(hour) - HOUR_MS, close, close, close, close, 1].join(',');
    }),
  );
  return ['symbol,ts_ms,open,high,low,close,volume', ...lines, ''].join('\n');
}

async function played(policy: unknown, argv: readonly string[] = [], ended?: AbortSignal) {
  const path = join(folder, 'policy.json');
  await writeFile(path, JSON.stringify(policy));
  const environment = { ...PLAY_SETTINGS, PATH: process.env.PATH ?? '', PORTCULLIS_NO_INSTALL: '1' };
  return await runCli(redis.url, ['replay', '--candles', candles, '--policy', path, ...argv], {
    environment,
    ...(ended !== undefined && { ended }),
  });
}

async function found(policy: unknown): Promise<CandleReplay & { readonly try_counted: boolean | null }> {
  const { code, out, err } = await played(policy, ['--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as CandleReplay & { readonly try_counted: boolean | null };
}

test('refuses a limit on losses in a row, which nobody counts there', async () => {
  const settings = { GOV_MAX_CONSECUTIVE_LOSSES: '3' };
  const { code, err } = await played({ governor: { settings } }, ['--json']);
  expect(code).toBe(2);
  expect(err).toContain('GOV_MAX_CONSECUTIVE_LOSSES: expected off, since losses in a row are not counted over candles');
});

test(
  'judges losses under a policy that limits them, hour by hour',
  async () => {
    const settings = { GOV_MAX_DAILY_LOSS_PCT: '5', GOV_LOSS_CONFIRMATIONS: '1/1', GOV_LOSS_RELEASE: 'day' };
    const { in_force, under_policy } = await found({ governor: { settings } });
    expect(in_force.plans.blocks_by_reason).not.toHaveProperty('daily_loss_exceeded');
    expect(under_policy?.plans.blocks_by_reason.daily_loss_exceeded).toBeGreaterThan(0);
    expect(under_policy?.plans.blocks_by_reason).not.toHaveProperty('caps_data_unavailable');
    expect(under_policy?.plans.entry_permits).toBeGreaterThan(0);
  },
  PLAY_TIMEOUT_MS,
);

test(
  'plays what the demo plays, to the cent, and the same twice where the policy changes nothing',
  async () => {
    const result = await found({ 'heat-gate': {} });
    const { in_force, under_policy, differences } = result;
    expect(await redis.client.dbsize()).toBe(0);
    const connect = () => new Redis(redis.url, { maxRetriesPerRequest: null });
    const demo = await playMonth({ connect, hours: HOURS });
    await redis.client.flushall();
    const { equity, exits, plans, softening, hours } = in_force;
    expect({ equity, exits, plans, softening, hours }).toEqual({
      equity: demo?.equity,
      exits: demo?.exits,
      plans: demo?.plans,
      softening: demo?.softening,
      hours: demo?.hours,
    });
    expect(exits.proposed).toBeGreaterThan(0);
    expect(under_policy).toEqual(in_force);
    expect(differences).toMatchObject({ changed: 0, verdict_changed: 0, changes: [] });
    expect(in_force.equity_by_day.map(([at]) => at.slice(0, 10))).toEqual(
      [2, 3, 4, 5, 6].map((day) => `2021-05-0${day}`),
    );
    expect(in_force.equity_by_day.at(-1)?.[1]).toBe(equity.end_usd);
    const gained = Object.values(in_force.gains_usd).reduce((sum, usd) => sum + usd, 0);
    expect(gained).toBeCloseTo(equity.end_usd - equity.start_usd, 1);
  },
  PLAY_TIMEOUT_MS,
);

test(
  'what a policy blocks is not held later, and what it softens in enforce is',
  async () => {
    const { in_force, under_policy, differences, decisions, from, to, try_counted } = await found({
      governor: { settings: { GOV_MAX_OPEN_POSITIONS: 6 } },
      'heat-gate': { mode: 'enforce' },
    });
    expect(under_policy?.modes).toEqual({ ...in_force.modes, 'heat-gate': 'enforce' });
    const range = { fromMs: Date.parse(from), toMs: Date.parse(to) };
    const tried = await fileTries(candles).on('heat-gate', range);
    expect([try_counted, tried?.size]).toEqual([true, 2]);
    expect(under_policy?.plans.entry_permits).toBeLessThan(in_force.plans.entry_permits);
    expect(under_policy?.plans.blocks_by_reason.max_positions_reached).toBeGreaterThan(0);
    expect(in_force.plans.blocks_by_reason.max_positions_reached).toBeUndefined();
    expect(under_policy?.exits.softened).toBeGreaterThan(in_force.exits.softened);
    expect(under_policy?.softening).toMatchObject({ exits: 0, saved_usd: 0, cost_usd: 0, net_usd: 0 });
    expect(in_force.softening.net_usd).not.toBe(0);
    const sides = differences?.changes.flatMap(({ from, to }) => [`${from} →`, `→ ${to}`]) ?? [];
    expect(sides).toEqual(expect.arrayContaining(['not asked →', '→ not asked', '→ BLOCK max_positions_reached']));
    for (const counts of [differences?.gates, differences?.hours]) {
      expect(counts?.reduce((sum, one) => sum + one.changed, 0)).toBe(differences?.changed);
      expect(counts?.reduce((sum, one) => sum + one.decisions, 0)).toBe(decisions);
    }
  },
  PLAY_TIMEOUT_MS,
);

test(
  'is ended by Ctrl-C before a result, and leaves nothing behind',
  async () => {
    const own = await mkdtemp(join(tmpdir(), 'portcullis-own-'));
    vi.stubEnv('TMPDIR', own);
    const { code, out, err } = await played({}, [], AbortSignal.abort()).finally(() => vi.unstubAllEnvs());
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe('portcullis: stopped before the first hour with a volatility\n');
    expect(await readdir(own)).toEqual([]);
    await rm(own, { recursive: true });
  },
  PLAY_TIMEOUT_MS,
);
