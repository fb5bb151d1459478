import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type OpenPage, openConsole } from '../../support/browser.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../../support/console-in-browser.ts';
import type { ConsoleSystem } from '../../support/console-system.ts';
import { until } from '../../support/redis.ts';

const ROWS = 150;
const BATCH = 10;
const A_SCREENFUL = 24;
const ALL = '?text=load-';
const PLANS = 'table.tape tbody td.plan';

/** In the page: how many rows the tape has each time some were drawn. */
const COUNTS_DRAWN = `globalThis.drawn = [];
new MutationObserver(() => {
  const rows = document.querySelectorAll('table.tape tbody tr').length;
  if (rows !== globalThis.drawn.at(-1)) globalThis.drawn.push(rows);
}).observe(document.querySelector('main'), { subtree: true, childList: true });`;
/** How far a heading and the cells under it begin apart, pixels. */
const APART = `Math.max(...[...document.querySelectorAll('table.tape tbody tr')].slice(0, 5).flatMap((row) =>
  [...document.querySelectorAll('table.tape thead th')].map((head, at) =>
    Math.abs(head.getBoundingClientRect().left - row.children[at].getBoundingClientRect().left))))`;

describe.skipIf(inject('monthFile') === '')('the console under load', () => {
  let started: ConsoleInBrowser;
  let console: ConsoleSystem;
  let browser: Browser;
  let opened: OpenPage;
  beforeAll(async () => {
    started = await startConsoleInBrowser(inject('monthFile'));
    ({ console, browser } = started);
    opened = await openConsole(browser, console.base, { link: await console.link() });
    await opened.goTo('decisions', ALL);
    for (let from = 0; from < ROWS; from += BATCH) {
      await console.propose(BATCH, `load-${from}`);
      await until('these rows', async () => (await rows()) === from + BATCH);
    }
  });
  afterAll(async () => {
    await opened?.close();
    await started?.stop();
  });

  const rows = async () => await opened.page.locator(PLANS).count();
  const allRows = async () => {
    await opened.goTo('decisions', ALL);
    await until('all rows', async () => (await rows()) === ROWS);
    return opened.page;
  };

  it('draws a screenful at once and the rest after it, all in order, when the page opens and when a filter is cleared', async () => {
    const { page, goTo } = opened;
    await goTo('decisions');
    await until('all rows', async () => (await rows()) > ROWS + A_SCREENFUL);
    const all = (await page.locator(PLANS).allInnerTexts()).slice(0, ROWS);
    await page.locator('#filter-text').fill('load-20-');
    await until('those of the filter', async () => (await rows()) === BATCH);
    await page.evaluate(COUNTS_DRAWN);
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await until('all rows again', async () => (await rows()) >= ROWS);
    expect((await page.locator(PLANS).allInnerTexts()).slice(0, ROWS)).toEqual(all);
    const drawn = (await page.evaluate('drawn')) as readonly number[];
    const more = drawn.map((now, at) => now - (drawn[at - 1] ?? BATCH));
    expect(drawn[0]).toBeLessThanOrEqual(A_SCREENFUL);
    expect(Math.max(...more)).toBeLessThanOrEqual(A_SCREENFUL);
  });

  it.each([390, 1440])(
    'is a table of rows and cells for a screen reader at %i px, those out of sight too',
    async (width) => {
      const page = await allRows();
      await page.setViewportSize({ width, height: 900 });
      const client = await page.context().newCDPSession(page);
      const { nodes } = await client.send('Accessibility.getFullAXTree');
      const count = (role: string) => nodes.filter((node) => !node.ignored && node.role?.value === role).length;
      expect(count('row')).toBe(width === 390 ? ROWS : ROWS + 1);
      expect(count('cell')).toBeGreaterThanOrEqual(ROWS * 7);
      if (width === 1440) expect(await page.evaluate(APART)).toBeLessThan(1);
    },
  );

  it('reaches the oldest row by the keyboard alone', async () => {
    const page = await allRows();
    await page.locator(`${PLANS} button`).first().focus();
    for (let at = 1; at < ROWS; at++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Plan load-0-0' }).waitFor();
  });

  it('waits for an answer that takes longer than it is asked for, and shows the others meanwhile', async () => {
    const { page } = opened;
    await page.clock.install();
    let asked = 0;
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/v1/strategies*', async (route) => {
      asked += 1;
      await answered;
      await route.continue();
    });
    await opened.goTo('operations');
    await page.getByText('Reading the strategies').waitFor();
    await page.getByRole('heading', { name: 'Ledger' }).waitFor();
    await page.clock.runFor(20_000);
    await until('the question', async () => asked > 0);
    expect(asked).toBe(1);
    answer();
    await page.getByText('Reading the strategies').waitFor({ state: 'detached' });
    await page.clock.runFor(6_000);
    await until('the next question', async () => asked === 2);
  });
});
