import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { writeFeedStatus } from '../../../runtime/market/feeds/status.ts';
import { readFeedSettings } from '../../../runtime/settings/feed-settings.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { type Kept, type OpenPage, openConsole, sessionBy } from '../../support/browser.ts';
import { confirm, dialog, submit } from '../../support/confirm.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../../support/console-in-browser.ts';
import { type ConsoleSystem, OPERATOR } from '../../support/console-system.ts';
import { collectFromGone } from '../../support/gone-exchange.ts';
import { until } from '../../support/redis.ts';

const WIDTHS = [1440, 1180, 1024, 800, 390] as const;
const HEIGHT = 844;
/** Names as long as anybody gives them. */
const LOSS = 'momentum-europe-and-asia-small-caps.fund-b';
const KILLED = 'momentum-europe-and-asia-small-caps.fund-c';
const LONG_REASON = 'the exchange answers late, and nobody knows why; '.repeat(6);
const LONG_ERROR = `connect ECONNREFUSED, asked for ${'/fapi/v1/klines?symbol=1000SHIBUSDT&interval=1h&limit=500, '.repeat(8)}`;
const MARKET = { FEEDS: 'market', BINANCE_BASE_URL: 'http://127.0.0.1:1' };
/** The five that are wrong, as the page says them, each with the portfolio it is of. */
const FIVE = [
  new RegExp(`^${KILLED}: .*The kill switch is on`),
  new RegExp(`^${LOSS}: .*A loss limit is reached \\(daily_loss_exceeded: 10 %, limit 5 %\\)`),
  new RegExp(`^${LOSS}: .*The feed market is dead: stale since .*: connect ECONNREFUSED`),
  /^demo: .*Total notional, reservations included: limit breached, \$[\d,.]+ of \$100,000\.00/,
  /^demo: .*1 message of harvest\.proposal could not be understood or judged/,
] as const;

/** Of each line: what it says, whether the first words of its sentence are in what is seen of it, and whether more is not. */
const LINES = `[...document.querySelectorAll('.problems li')].map((line) => {
  const range = document.createRange();
  const text = line.querySelector('bdi').firstChild;
  range.setStart(text, 0);
  range.setEnd(text, 24);
  const summary = line.querySelector('summary');
  const seen = summary.getBoundingClientRect();
  const begins = [...range.getClientRects()].every(({ bottom, right }) => bottom <= seen.bottom + 1 && right <= seen.right + 1);
  return { says: line.textContent, begins, isCut: summary.scrollHeight > summary.clientHeight + 1 };
})`;
/** Letters as wide as those of a typewriter, as a font may have them that somebody else has. */
const WIDE_LETTERS = `(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*, *::before { font-family: "DejaVu Sans Mono", monospace !important; }');
  document.adoptedStyleSheets = [sheet];
})()`;

describe.skipIf(inject('monthFile') === '')('the console at 3 am', () => {
  let started: ConsoleInBrowser;
  let console: ConsoleSystem;
  let browser: Browser;
  let kept: Kept;
  let opened: OpenPage;
  beforeAll(async () => {
    const others = [LOSS, KILLED].map((prefix) => portfolioOf(prefix));
    const feeds = readFeedSettings(MARKET, [], { problems: [], warnings: [] });
    started = await startConsoleInBrowser(inject('monthFile'), { others, feeds });
    ({ console, browser } = started);
    await breakFive();
    kept = await sessionBy(browser, console.base, await console.link());
  });
  afterEach(() => opened?.close());
  afterAll(() => started?.stop());

  const change = async (portfolio: string, settings: Readonly<Record<string, string>>) => {
    const answer = await fetch(`${console.base}/v1/policies/governor?portfolio=${portfolio}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' },
      body: JSON.stringify({ settings, actor: 'ann', reason: 'a drill' }),
    });
    expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
  };
  const stop = async (portfolio: string) => {
    const answer = await fetch(`${console.base}/v1/kill?portfolio=${portfolio}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' },
      body: JSON.stringify({ state: 'on', actor: 'the desk of the night', reason: LONG_REASON }),
    });
    expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
  };
  const feed = async (prefix: string, ageMs: number, error: string) => {
    const nowMs = Date.now();
    const nothing = {
      pausedUntilMs: undefined,
      pauseReason: '',
      clockOffsetMs: undefined,
      userStreamSinceMs: undefined,
    };
    await writeFeedStatus(console.redis, portfolioOf(prefix), {
      ...{
        feed: 'market',
        state: error === '' ? 'ok' : 'failing',
        sinceMs: nowMs - ageMs,
        lastSuccessMs: nowMs - ageMs,
      },
      ...{ error, source: 'a test', worker: 'w', usedWeight: 1, weightLimit: 2, userStream: '', klineStream: '' },
      ...nothing,
    });
  };
  const loses = async (equity: number, atSec: number) => {
    await console.redis.hset(`${LOSS}:state:portfolio`, {
      ...{ equity_usd: equity, positions_count: 0, drawdown: 0, timestamp: atSec },
    });
    await until('it to be judged', async () =>
      String(await console.redis.hget(`${LOSS}:governor:loss_latch`, 'marks')).includes(`"at_ms":${atSec * 1000}`),
    );
  };
  const breakFive = async () => {
    for (const prefix of [console.prefix, KILLED]) await feed(prefix, -86_400_000, '');
    await feed(LOSS, 3_600_000, LONG_ERROR);
    await change(LOSS, { GOV_MAX_DAILY_LOSS_PCT: '5', GOV_LOSS_CONFIRMATIONS: '2/2' });
    const nowSec = Math.floor(Date.now() / 1000) - 10;
    for (const [at, equity] of [10_000, 10_000, 9_000, 9_000].entries()) await loses(equity, nowSec + at);
    await change(console.prefix, { GOV_MAX_TOTAL_NOTIONAL_USDT: '100000' });
    await stop(KILLED);
    await console.redis.xadd(`${console.prefix}:stream:harvest.proposal`, '*', 'plan_id', 'broken');
  };

  const open = async (width: number) => {
    opened = await openConsole(browser, console.base, { kept }, { viewport: { width, height: HEIGHT } });
    return opened.page;
  };
  const line = (page: Page, says: RegExp) =>
    page.getByRole('region', { name: 'What is wrong right now' }).getByRole('listitem').filter({ hasText: says });

  const seenOf = async (page: Page, says: RegExp) =>
    ((await page.evaluate(LINES)) as { says: string; begins: boolean; isCut: boolean }[]).find((one) =>
      says.test(one.says),
    );
  const allInSight = async (page: Page) => {
    const menuAt = await page.getByRole('navigation', { name: 'Pages' }).boundingBox();
    const bottom = menuAt !== null && menuAt.y > HEIGHT / 2 ? menuAt.y : HEIGHT;
    for (const says of FIVE) {
      const at = await line(page, says).boundingBox();
      expect(at?.y ?? -1).toBeGreaterThanOrEqual(0);
      expect((at?.y ?? HEIGHT) + (at?.height ?? 0)).toBeLessThanOrEqual(bottom);
      expect((await seenOf(page, says))?.begins).toBe(true);
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      page.viewportSize()?.width ?? 0,
    );
  };

  it.each(WIDTHS)('names each of the five in the first screenful at %i px', async (width) => {
    const page = await open(width);
    for (const says of FIVE) {
      await line(page, says).waitFor();
      expect(await line(page, says).getByRole('button').or(line(page, says).getByRole('link')).count()).toBe(1);
    }
    expect(await page.evaluate('scrollY')).toBe(0);
    await allInSight(page);
    await page.evaluate(WIDE_LETTERS);
    await allInSight(page);
    expect(opened.faults).toEqual([]);
  });

  it.each(WIDTHS)(
    'names them under the banners of the worst portfolio too, whoever answers last, at %i px, and all of a line on a tap',
    async (width) => {
      const page = await open(width);
      await page.route(/\/v1\/overview\?portfolio=demo/, async (route) => {
        await line(page, FIVE[0]).waitFor();
        await route.continue();
      });
      await opened.goTo('portfolios', `?portfolio=${KILLED}`);
      await page.locator('.banner', { hasText: 'KILL SWITCH ON' }).waitFor();
      for (const says of FIVE) await line(page, says).waitFor();
      await page.evaluate(WIDE_LETTERS);
      await allInSight(page);
      expect((await seenOf(page, FIVE[2]))?.isCut).toBe(true);
      await line(page, FIVE[2]).locator('summary').click();
      expect((await seenOf(page, FIVE[2]))?.isCut).toBe(false);
    },
  );

  it('lets each of the five be dealt with by clicks alone', async () => {
    const page = await open(1440);
    const home = () =>
      page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Portfolios' }).click();
    const [killed, loss, dead, breached, letter] = FIVE;

    await line(page, killed).getByRole('button').click();
    await dialog(page).getByText(`Portfolio ${KILLED}`).waitFor();
    await confirm(page, 'Release', 'the exchange is back', 'RELEASE');
    await line(page, killed).waitFor({ state: 'detached' });
    expect(await console.redis.get(`${KILLED}:kill`)).not.toBe('1');

    await line(page, loss).getByRole('button').click();
    await dialog(page).getByText(`Portfolio ${LOSS}`).waitFor();
    await confirm(page, 'Release', 'the strategy is stopped', 'RELEASE');
    await line(page, loss).waitFor({ state: 'detached' });

    await line(page, dead).getByRole('button', { name: 'Ask again …' }).click();
    await dialog(page).getByText(`Portfolio ${LOSS}`).waitFor();
    await submit(page, 'Ask now', 'the exchange answers again');
    await dialog(page)
      .getByText('expected a running process that collects the feed market, got none: start one')
      .waitFor();
    await dialog(page).getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('main').getByRole('link', { name: LOSS }).click();
    const feeds = page.getByRole('region', { name: 'Feeds' });
    await feeds.getByText(/The feed market is dead/).waitFor();
    await feeds.getByRole('button', { name: 'Only reduce meanwhile …' }).click();
    await confirm(page, 'Set REDUCING', 'no market until the morning');
    await page.getByText('REDUCING', { exact: true }).first().waitFor();
    expect(await console.redis.hget(`${LOSS}:governor:state`, 'trading_state')).toBe('REDUCING');
    const gone = collectFromGone(started.redisUrl, portfolioOf(LOSS), ['market']);
    onTestFinished(() => gone.stop());
    await feeds.getByText(/nobody is there/).waitFor();
    gone.back();
    await feeds.getByRole('button', { name: 'Ask again …' }).click();
    await confirm(page, 'Ask now', 'it answers again');
    await page.getByText('The exchange is asked for the feed market now').waitFor();
    await feeds.getByRole('row', { name: /market.*fresh/ }).waitFor();
    await feeds.getByText(/The feed market is dead/).waitFor({ state: 'detached' });

    await home();
    await line(page, breached).getByRole('link', { name: 'Change the limit' }).click();
    const limits = page.getByRole('region', { name: 'Limits' });
    await limits.getByRole('textbox').first().fill('350000');
    await limits.getByRole('button', { name: 'Show what it would do' }).click();
    await limits.getByRole('button', { name: 'Put in force …' }).click();
    await confirm(page, 'Put in force', 'as it was agreed');
    await home();
    await line(page, breached).waitFor({ state: 'detached' });

    await line(page, letter).getByRole('link', { name: 'Look at it' }).click();
    const letters = page.getByRole('region', { name: 'Dead letters' });
    await letters.getByRole('checkbox').check();
    await letters.getByRole('button', { name: 'Drop 1 dead letter' }).click();
    await confirm(page, 'Drop 1 dead letter', 'a test of a producer', 'DROP');
    await home();
    await line(page, letter).waitFor({ state: 'detached' });
    expect(opened.faults).toEqual([]);
  });
});
