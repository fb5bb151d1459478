import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Kept, type OpenPage, openConsole, sessionBy } from '../../support/browser.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../../support/console-in-browser.ts';
import { fillConsole, OTHERS } from '../../support/full-console.ts';
import { goToWhole, WHOLE_PAGES } from '../../support/whole-pages.ts';

const MOST_PRESSES = 600;
/** Keeps what can be pressed or filled in and is in sight, and takes each away that gets the focus; of radio buttons one has it for all. */
const NOTES_THE_FOCUS = `(() => {
  const all = document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]');
  globalThis.unreached = new Set([...all].filter((one) => !one.disabled && one.checkVisibility()));
  globalThis.reachable = unreached.size;
  document.addEventListener('focusin', ({ target }) => unreached.delete(target));
  unreached.delete(document.activeElement);
})()`;
const UNREACHED = '[...unreached].filter((one) => one.isConnected).map((one) => one.outerHTML.slice(0, 120))';
const PRESSES_IN_A_DRAWER = 30;
/** Whether the focus is on something of the page that is not in the drawer; beyond its end is the browser's own. */
const IS_BEHIND = 'document.activeElement !== document.body && document.activeElement.closest("dialog[open]") === null';
/** Drawings without words beside them, in them, or around them. */
const WORDLESS = `[...document.querySelectorAll('main canvas, main svg')].filter((one) => {
  if (one.closest('[role=img]')?.getAttribute('aria-label')) return false;
  const words = one.closest('figure')?.querySelector('figcaption')?.innerText ?? one.parentElement.closest('tr, li, p, h2, h3, a, button, dd, section')?.innerText ?? '';
  return words.trim() === '';
}).map((one) => one.parentElement.outerHTML.slice(0, 200))`;

describe.skipIf(inject('monthFile') === '')('the console without a mouse and without eyes', () => {
  let started: ConsoleInBrowser;
  let browser: Browser;
  let kept: Kept;
  let opened: OpenPage;
  beforeAll(async () => {
    started = await startConsoleInBrowser(inject('monthFile'), { others: OTHERS });
    await fillConsole(started);
    ({ browser } = started);
    kept = await sessionBy(browser, started.console.base, await started.console.link());
  });
  afterEach(() => opened?.close());
  afterAll(() => started?.stop());

  it.each([1440, 390])('everything is reached with Tab, and every drawing has words, %i px wide', async (width) => {
    opened = await openConsole(browser, started.console.base, { kept }, { viewport: { width, height: 844 } });
    for (const whole of WHOLE_PAGES.filter(({ query }) => !query.includes('plan='))) {
      await goToWhole(opened, whole, started.console.prefix);
      expect([whole.name, await opened.page.evaluate(WORDLESS)]).toEqual([whole.name, []]);
      expect([whole.name, await leftByTab(opened.page)]).toEqual([whole.name, []]);
      await opened.page.reload();
    }
  });

  it.each([1440, 390])(
    'the way of a plan is opened, read and closed by keys, and holds the focus, %i px wide',
    async (width) => {
      opened = await openConsole(browser, started.console.base, { kept }, { viewport: { width, height: 844 } });
      const { page } = opened;
      const drawer = page.getByRole('dialog', { name: /^Plan / });
      const hasFocus = async (what: Locator) => (await what.and(page.locator(':focus')).count()) === 1;
      await opened.goTo('decisions', `?portfolio=${started.console.prefix}&text=entry-SOLUSDT-623&log=all`);
      const row = page.getByRole('button', { name: 'entry-SOLUSDT-623' }).first();
      await row.waitFor();
      for (const key of ['Escape', 'Enter on Close'] as const) {
        await row.focus();
        await page.keyboard.press('Enter');
        await drawer.locator('table.checks').first().waitFor();
        expect(await hasFocus(drawer.getByRole('button', { name: 'Close' }))).toBe(true);
        for (const step of ['Tab', 'Shift+Tab']) {
          for (let presses = 0; presses < PRESSES_IN_A_DRAWER; presses++) {
            await page.keyboard.press(step);
            expect(await page.evaluate(IS_BEHIND)).toBe(false);
          }
        }
        for (let presses = 0; !(await hasFocus(drawer.getByRole('button', { name: 'Close' }))); presses++) {
          expect(presses).toBeLessThan(MOST_PRESSES);
          await page.keyboard.press('Tab');
        }
        await page.keyboard.press(key === 'Escape' ? 'Escape' : 'Enter');
        await drawer.waitFor({ state: 'detached' });
        expect(await hasFocus(row)).toBe(true);
      }
    },
  );
});

async function leftByTab(page: Page): Promise<unknown> {
  await page.evaluate(NOTES_THE_FOCUS);
  expect(await page.evaluate('reachable')).toBeGreaterThan(0);
  for (const key of ['Tab', 'Shift+Tab']) {
    for (let presses = 0; presses < MOST_PRESSES && (await page.evaluate('unreached.size')) !== 0; presses++) {
      await page.keyboard.press(key);
    }
  }
  return await page.evaluate(UNREACHED);
}
