import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { type Kept, type OpenPage, openConsole, sessionBy } from '../../support/browser.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../../support/console-in-browser.ts';
import type { ConsoleSystem } from '../../support/console-system.ts';
import { until } from '../../support/redis.ts';

const OTHERS = ['fund-b', 'fund-c'] as const;

describe.skipIf(inject('monthFile') === '')('all portfolios on one page of the console', () => {
  let started: ConsoleInBrowser;
  let console: ConsoleSystem;
  let browser: Browser;
  let kept: Kept;
  let opened: OpenPage;
  beforeAll(async () => {
    started = await startConsoleInBrowser(inject('monthFile'), { others: OTHERS.map((prefix) => portfolioOf(prefix)) });
    ({ console, browser } = started);
    await console.redis.set('fund-c:kill', '1');
    const blocked = {
      handler: 'governor',
      verdict: 'BLOCK',
      reason: 'kill_switch',
      timestamp: String(Date.now() / 1000),
    };
    await console.redis.xadd('fund-c:stream:decisions', '*', ...Object.entries(blocked).flat());
    kept = await sessionBy(browser, console.base, await console.link());
  });
  afterEach(() => opened?.close());
  afterAll(() => started?.stop());

  const open = async (width: number) => {
    opened = await openConsole(browser, console.base, { kept }, { viewport: { width, height: 844 } });
    return opened.page;
  };

  it.each([1440, 1180, 1024, 800, 390])('is the first page, and says how each stands, at %i px', async (width) => {
    const page = await open(width);
    await until('it to be there', () => page.url().endsWith('#/portfolios'));
    const rowOf = (prefix: string) => page.locator('table.portfolios tbody tr', { hasText: prefix });
    await rowOf(console.prefix)
      .getByText(/ACTIVE, armed/)
      .waitFor();
    await rowOf('fund-c').getByText('KILLED').waitFor();
    await rowOf('fund-c').getByText('The kill switch is on: no permits').waitFor();
    await rowOf('fund-b').getByText('0 permits, 0 blocks, 0 softened').waitFor();
    await rowOf('fund-c').getByText('0 permits, 1 block, 0 softened').waitFor();
    for (const prefix of OTHERS) {
      expect(await rowOf(prefix).locator('.heat-chip').textContent()).toMatch(/UNKNOWN/);
      expect(await rowOf(prefix).getByText('not known', { exact: true }).count()).toBe(2);
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(opened.faults).toEqual([]);
  });

  it('leads to the overview of one, which it names in its banner', async () => {
    const page = await open(1440);
    await page.getByRole('link', { name: 'fund-c', exact: true }).click();
    await page.getByText('KILL SWITCH ON', { exact: true }).waitFor();
    expect(await page.locator('.banner').textContent()).toContain('fund-c: No plan gets a permit');
    expect(page.url()).toContain('#/overview?portfolio=fund-c');
    await page.keyboard.press('6');
    await page.getByRole('heading', { name: 'Portfolios', level: 1 }).waitFor({ state: 'attached' });
  });
});
