import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoSummary } from '../../runtime/doors/demo/guarded.ts';
import { runDemo } from '../../runtime/doors/demo/index.ts';
import { reportOf } from '../../runtime/doors/demo/report.ts';
import { GUARD_SETTINGS } from '../../runtime/market/player/settings.ts';
import { prepareConsole } from '../../runtime/process/demo-console.ts';
import { openRedis } from '../../runtime/redis/embedded/index.ts';
import { loadSettings } from '../../runtime/settings/load.ts';
import { KeptLossesAnswer } from '../../schemas/api/loss.ts';
import { Overview } from '../../schemas/api/overview.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { freePort } from '../support/ports.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

/** To the end of 20 May, the day on which the drawdown is reached. */
const HOURS = 480;
const PLAY_TIMEOUT_MS = 120_000;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

async function demo(guarded: boolean): Promise<DemoSummary> {
  const printed: string[] = [];
  const out = { write: (text: string) => printed.push(text) };
  const err = { write: () => true };
  expect(await runDemo({ json: true, guarded, hours: HOURS, redisUrl: redis.url, out, err })).toBe(0);
  return JSON.parse(printed.join('')) as DemoSummary;
}

/** The equity at each hour that the gates judged, as they published it. */
async function equities(): Promise<readonly { readonly at: string; readonly usd: number }[]> {
  const entries = await redis.client.xrange('demo:stream:heat.history', '-', '+');
  return entries.map(([id, flat]) => ({
    at: new Date(Number(id.split('-')[0])).toISOString(),
    usd: Number(fieldsOf(flat).equity_usd),
  }));
}

/** The limits of the guarded demo by a model of its own: what is reached when, and what the turn of the day lets go. */
function model(hours: readonly { readonly at: string; readonly usd: number }[]) {
  const told: { at: string; event: string; reason: string }[] = [];
  let [day, opening, high, daily, drawdown] = ['', 0, 0, false, false];
  for (const { at, usd } of hours) {
    if (at.slice(0, 10) !== day) {
      if (daily) told.push({ at, event: 'LOSS_RELEASED', reason: 'day_turned' });
      [day, opening, daily] = [at.slice(0, 10), usd, false];
    }
    high = Math.max(high, usd);
    if (!daily && usd <= opening * (1 - Number(GUARD_SETTINGS.GOV_MAX_DAILY_LOSS_PCT) / 100)) {
      daily = true;
      told.push({ at, event: 'LOSS_LIMIT', reason: 'daily_loss_exceeded' });
    }
    if (!drawdown && usd <= high * (1 - Number(GUARD_SETTINGS.GOV_MAX_DRAWDOWN_PCT) / 100)) {
      drawdown = true;
      told.push({ at, event: 'LOSS_LIMIT', reason: 'drawdown_exceeded' });
    }
  }
  return told;
}

function monthOf({ equity, plans }: Pick<DemoSummary, 'equity' | 'plans'>) {
  const { end_usd, lowest_usd, max_drawdown_percent } = equity;
  return { end_usd, lowest_usd, max_drawdown_percent, entry_permits: plans.entry_permits };
}

describe('the guarded demo', () => {
  let both: DemoSummary;
  beforeAll(async () => {
    both = await demo(true);
  }, PLAY_TIMEOUT_MS);

  it('stops what opens at the hours at which a model of its own reaches the limits', async () => {
    const hours = await equities();
    expect(hours).toHaveLength(HOURS);
    const { losses } = both.guarded ?? { losses: [] };
    expect(losses).toEqual(model(hours));
    expect(new Set(losses.map(({ reason }) => reason))).toEqual(
      new Set(['daily_loss_exceeded', 'drawdown_exceeded', 'day_turned']),
    );
    const blocks = both.guarded?.plans.blocks_by_reason;
    expect(blocks?.daily_loss_exceeded).toBeGreaterThan(0);
    expect(blocks?.shock_exceeded).toBeGreaterThan(0);
    expect(blocks?.drawdown_exceeded).toBeGreaterThan(0);
    expect(blocks).not.toHaveProperty('caps_data_unavailable');
    expect(both.guarded?.plans.exit_permits).toBe(both.guarded?.plans.exits);
  });

  it('says what they cost, beside a month that is as it is without them', async () => {
    const { guarded, ...without } = both;
    expect(guarded?.cost_usd).toBeCloseTo(without.equity.end_usd - (guarded?.equity.end_usd ?? 0), 2);
    expect(guarded?.settings).toEqual(GUARD_SETTINGS);
    const text = reportOf(both);
    expect(text).toContain('With limits, beside the month without');
    expect(text).toMatch(/2021-05-\d\d \d\d:00 {2}LOSS_LIMIT {2}drawdown_exceeded/);
    expect(reportOf(without)).not.toContain('With limits');
  });

  it('is on the console with the limit that holds', async () => {
    const port = await freePort();
    const environment = { REDIS_URL: redis.url, HTTP_PORT: String(port), ADMIN_TOKEN: 'a-token' };
    const opened = await openRedis(loadSettings({ REDIS_URL: redis.url }, []).runtime.redis, () => undefined);
    const console = await prepareConsole(environment, GUARD_SETTINGS);
    const controller = new AbortController();
    const ended = console.serveUntil(controller.signal, opened, { write: () => true });
    const headers = { authorization: 'Bearer a-token' };
    const answer = await until('an answer', async () => {
      const response = await fetch(`http://127.0.0.1:${port}/v1/loss`, { headers }).catch(() => undefined);
      return response?.status === 200 ? response : undefined;
    });
    const kept = KeptLossesAnswer.parse(await answer.json());
    expect(kept).toMatchObject({ state: 'kept', lost: null });
    expect(kept.tripped.map(({ kind }) => kind)).toContain('drawdown');
    const shown = Overview.parse(await (await fetch(`http://127.0.0.1:${port}/v1/overview`, { headers })).json());
    const { guarded, ...without } = both;
    expect(shown.equity_usd).toBeCloseTo(guarded?.equity.end_usd ?? 0, 2);
    expect(shown.beside).toEqual({
      without: monthOf(without),
      with: guarded && monthOf(guarded),
      settings: GUARD_SETTINGS,
      losses: guarded?.losses,
      cost_usd: guarded?.cost_usd,
      drawdown_spared_percent: guarded?.drawdown_spared_percent,
    });
    controller.abort();
    await ended;
  });

  it(
    'leaves the demo without limits as it was',
    async () => {
      const { guarded: _, ...without } = both;
      expect(await demo(false)).toEqual(without);
      expect(await redis.client.exists('demo:governor:loss_latch')).toBe(0);
    },
    PLAY_TIMEOUT_MS,
  );
});
