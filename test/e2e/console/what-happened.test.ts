import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { type Kept, type OpenPage, openConsole, sessionBy } from '../../support/browser.ts';
import { confirm } from '../../support/confirm.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../../support/console-in-browser.ts';
import type { ConsoleSystem } from '../../support/console-system.ts';
import { until } from '../../support/redis.ts';

const WIDTHS = [1440, 1180, 1024, 800, 390] as const;
/** A portfolio of which nobody reports anything. */
const EMPTY = 'fund-b';

/** Keeps what the page notifies of, as a browser that may notify. */
const NOTES_NOTICES = `(() => {
  window.noticed = [];
  window.Notification = class {
    static permission = 'granted';
    static requestPermission = async () => 'granted';
    constructor(title, { body }) { window.noticed.push(body); }
  };
})()`;

describe.skipIf(inject('monthFile') === '')('what happened, on the console', () => {
  let started: ConsoleInBrowser;
  let console: ConsoleSystem;
  let browser: Browser;
  let kept: Kept;
  let opened: OpenPage;
  beforeAll(async () => {
    started = await startConsoleInBrowser(inject('monthFile'), { others: [portfolioOf(EMPTY)] });
    ({ console, browser } = started);
    kept = await sessionBy(browser, console.base, await console.link());
  });
  afterEach(() => opened?.close());
  afterAll(() => started?.stop());
  const open = async (width = 1440) => {
    opened = await openConsole(
      browser,
      console.base,
      { kept },
      { viewport: { width, height: 900 }, acceptDownloads: true },
    );
    return opened.page;
  };
  const strip = '.card.activity';

  it('is a strip of counts with the way to the tape, and charts with their text, on one span', async () => {
    const page = await open();
    await opened.goTo('overview');
    const span = page.getByRole('group', { name: 'Span of all charts' });
    await span.getByRole('button', { name: '31d' }).click();
    await page
      .getByRole('heading', { name: 'Equity, drawdown, gross notional, permits and blocks over 31d' })
      .waitFor();
    const charts = page.locator('.card.charts figure');
    await until('all charts to be there', async () => (await charts.count()) === 5);
    const words = (await charts.locator('figcaption').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
    expect(words).toEqual([
      expect.stringMatching(/^Equity last \$[\d,]+, highest \$[\d,]+ at 2021-05-.* UTC, lowest \$[\d,]+\.$/),
      expect.stringMatching(/^Drawdown from the highest equity shown last [\d.]+ %, highest 4\d\.\d % at 2021-05-/),
      expect.stringMatching(/^Gross notional last \$[\d,.]+, highest \$[\d,]+ at 2021-05-.* UTC, lowest \$[\d,.]+\.$/),
      expect.stringMatching(/^Permits each \d+ min [\d,]+ in all, at most \d+\.$/),
      expect.stringMatching(/^Blocks each \d+ min [\d,]+ in all, at most \d+\.$/),
    ]);
    const blocks = page
      .locator(strip)
      .getByRole('link', { name: /last hour, \d+ last day/ })
      .nth(1);
    await blocks.click();
    await until(
      'the tape to show blocks',
      () => page.url().includes('#/decisions?') && page.url().includes('verdict=BLOCK'),
    );
    expect(opened.faults).toEqual([]);
  });

  it.each(WIDTHS)('fits at %i px', async (width) => {
    const page = await open(width);
    await opened.goTo('overview', `?portfolio=${console.prefix}`);
    await page.locator(`${strip} .strip`).waitFor();
    await page.locator('.card.charts figure').first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await opened.goTo('decisions');
    await page.getByRole('searchbox', { name: 'From' }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await opened.goTo('operations');
    await page.getByRole('region', { name: 'What if' }).waitFor();
    await page.locator('table.stacked input').first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });

  it('is searched through the whole log by time and text, sorted, sent by its address, and saved', async () => {
    const page = await open();
    await opened.goTo('decisions', '?verdict=BLOCK&since=2021-05-19&until=2021-05-20');
    await page.getByRole('button', { name: 'Search the whole log' }).click();
    const found = page.locator('table.tape.found tbody tr');
    await page.getByRole('button', { name: 'Stop searching' }).waitFor({ state: 'detached' });
    await found.first().waitFor();
    const times = await found.locator('td.time').allInnerTexts();
    expect(times.every((time) => time.startsWith('2021-05-19') || time.startsWith('2021-05-20 00:00:00'))).toBe(true);
    await page.getByRole('button', { name: 'Symbol', exact: true }).click();
    const symbols = () => found.locator('td:nth-child(4)').allInnerTexts();
    await until('them to be sorted', async () => {
      const now = await symbols();
      return now.join() === now.toSorted().join();
    });
    expect(page.url()).toContain('log=all');
    expect(page.url()).toContain('sort=Symbol');
    const [csv] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as CSV' }).click(),
    ]);
    const lines = readFileSync(await csv.path(), 'utf8')
      .trimEnd()
      .split('\r\n');
    expect(lines).toHaveLength(times.length + 1);
    const [json] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as JSON' }).click(),
    ]);
    const rows = JSON.parse(readFileSync(await json.path(), 'utf8')) as readonly { verdict: string }[];
    expect(rows).toHaveLength(times.length);
    expect(new Set(rows.map(({ verdict }) => verdict))).toEqual(new Set(['BLOCK']));
    const sent = page.url();
    await page.goto('about:blank');
    await page.goto(sent);
    await until('the same to be there', async () => (await found.count()) === times.length);
  });

  it('asks what would be said of an order, with room left and the largest size', async () => {
    const page = await open();
    await opened.goTo('operations');
    const card = page.getByRole('region', { name: 'What if' });
    await card.getByLabel('Symbol').fill('SOLUSDT');
    await card.getByLabel('Quantity').fill('1000000');
    await card.getByLabel('Price, USD').fill('40');
    await card.getByRole('button', { name: 'What would be said?' }).click();
    await card.getByText(/OPEN SOLUSDT: the governor \(production\) would say BLOCK/).waitFor();
    await card.getByText(/^The largest size that would pass now|It is not the size that refuses/).waitFor();
    await card.getByRole('columnheader', { name: 'Room left' }).waitFor();
  });

  it('says of a limit what it is about and may be, offers words to choose, and sets and clears a candidate beside what it said', async () => {
    const page = await open();
    await opened.goTo('operations', '?at=policy&gate=governor&limit=GOV_MAX_TOTAL_NOTIONAL_USDT');
    const card = page.getByRole('region', { name: 'Limits' });
    const first = card.locator('tbody tr').first();
    await first.getByText('GOV_MAX_TOTAL_NOTIONAL_USDT').waitFor();
    expect(await first.textContent()).toMatch(
      /all positions with this plan, USD\. May be a number of at least 0\. Default 2000\./,
    );
    expect(await card.getByLabel('GOV_CAPS_FAIL_POLICY').locator('option').allInnerTexts()).toEqual(['closed', 'open']);
    await first.getByRole('textbox').fill('400000');
    await card.getByRole('button', { name: 'Show what it would do' }).click();
    await card.getByRole('button', { name: 'Judge by it beside, as a candidate …' }).click();
    await confirm(page, 'Set the candidate', 'to see it');
    let asked = 0;
    await until('a plan to be judged by it', async () => {
      const order = { symbol: 'BTCUSDT', action: 'OPEN', side: 'BUY', qty: '1', price: '35000' };
      const plan = { plan_id: `candidate-${++asked}`, ...order };
      await console.redis.xadd(`${console.prefix}:stream:apply.plan`, '*', ...Object.entries(plan).flat());
      const newest = await console.redis.xrevrange(`${console.prefix}:stream:decisions`, '+', '-', 'COUNT', 1);
      return newest[0]?.[1].includes('candidate');
    });
    const said = card.getByText('What a candidate said otherwise in the last 7d');
    await said.click();
    await card.getByText(/The candidate said something else on \d+ of \d+ decisions?: \d+ went through/).waitFor();
    await card.getByRole('table', { name: 'Candidate by day' }).waitFor();
    await card.getByRole('button', { name: 'Clear the candidate …' }).click();
    await confirm(page, 'Clear the candidate', 'it was seen');
    await card.getByRole('button', { name: 'Clear the candidate …' }).waitFor({ state: 'detached' });
    await card.getByText(/The candidate said something else on/).waitFor();
    expect(await console.redis.hget(`${console.prefix}:policy:governor`, 'candidate')).toBeFalsy();
  });

  it('saves the whole report of a gate as a page, for the span and horizon that are chosen', async () => {
    const page = await open();
    await opened.goTo('shadow', '?gate=heat-gate');
    await page.getByRole('group', { name: 'Horizon' }).getByRole('button', { name: '4h', exact: true }).click();
    const link = page.getByRole('link', { name: 'Save the whole report (HTML)' });
    await link.waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    expect(download.url()).toContain('since=48h&horizon=4h');
    expect(download.suggestedFilename()).toBe('portcullis-heat-gate.html');
    expect(readFileSync(await download.path(), 'utf8')).toMatch(/^<!doctype html>[\s\S]*horizon 4 h/);
    expect(opened.faults).toEqual([]);
  });

  it('notifies of what becomes critical once it was turned on, and of nothing before', async () => {
    const page = await open();
    await page.context().grantPermissions(['notifications'], { origin: console.base });
    await page.evaluate(NOTES_NOTICES);
    await opened.goTo('operations', `?portfolio=${console.prefix}`);
    const kill = (value: string) => console.redis.set(`${console.prefix}:kill`, value);
    const notices = () => page.evaluate('window.noticed') as Promise<readonly string[]>;
    try {
      await kill('1');
      await page.getByText('KILL SWITCH ON', { exact: true }).waitFor();
      await kill('0');
      await page.getByText('KILL SWITCH ON', { exact: true }).waitFor({ state: 'detached' });
      expect(await notices()).toEqual([]);
      await page
        .getByRole('region', { name: /^Notifications/ })
        .getByRole('button', { name: 'Turn on' })
        .click();
      await page
        .getByRole('region', { name: /^Notifications/ })
        .getByText(/^On:/)
        .waitFor();
      await kill('1');
      await until('it to be told', async () => (await notices()).length > 0);
      expect(await notices()).toEqual(['The kill switch is on: no permits']);
    } finally {
      await kill('0');
    }
  });

  it('begins with three lines to the first decision where nobody reports, and says so once', async () => {
    const page = await open();
    await opened.goTo('overview', `?portfolio=${EMPTY}`);
    const card = page.getByRole('region', { name: 'Three lines to your first decision' });
    await card.getByText(`npx portcullis redis-cli HSET ${EMPTY}:state:portfolio equity_usd 3000`).waitFor();
    expect(await card.getByRole('listitem').count()).toBe(3);
    const wrong = page.getByRole('region', { name: 'What is wrong right now' });
    await wrong
      .getByText('Nobody writes the account: equity and drawdown are not known. Nobody reports positions')
      .waitFor();
    expect(await wrong.getByRole('listitem').count()).toBe(1);
    await opened.goTo('operations', `?portfolio=${EMPTY}&at=doctor`);
    await page
      .getByRole('region', { name: 'Doctor' })
      .getByText(/\d+ checks: 0 broken/)
      .waitFor();
  });
});
