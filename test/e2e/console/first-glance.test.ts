import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { type Kept, type OpenPage, openConsole, sessionBy } from '../../support/browser.ts';
import { runCli } from '../../support/cli.ts';
import { confirm, dialog } from '../../support/confirm.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../../support/console-in-browser.ts';
import type { ConsoleSystem } from '../../support/console-system.ts';
import { until } from '../../support/redis.ts';

const WIDTHS = [1440, 1180, 1024, 800, 390] as const;
/** A decision is a few lines at most: rows of one letter a line were 1,391 px high. */
const TALLEST_ROW_PX = 160;
/** A portfolio of which nobody reports anything. */
const EMPTY = 'fund-b';

describe.skipIf(inject('monthFile') === '')('the first glance at the console', () => {
  let started: ConsoleInBrowser;
  let console: ConsoleSystem;
  let browser: Browser;
  let kept: Kept;
  let opened: OpenPage;
  beforeAll(async () => {
    started = await startConsoleInBrowser(inject('monthFile'), { others: [portfolioOf(EMPTY), portfolioOf('fund-c')] });
    ({ console, browser } = started);
    kept = await sessionBy(browser, console.base, await console.link());
  });
  afterEach(() => opened?.close());
  afterAll(() => started?.stop());

  const open = async (width: number, colorScheme: 'light' | 'dark' = 'light') => {
    opened = await openConsole(browser, console.base, { kept }, { viewport: { width, height: 844 }, colorScheme });
    return opened.page;
  };
  const inSight = (page: Page, text: string) =>
    until(`${text} to be in sight`, async () => {
      const box = await page.locator('.banner', { hasText: text }).boundingBox();
      return box !== null && box.y >= 0 && box.y + box.height <= 844;
    });
  const scrolledDown = async (page: Page) => {
    await page.locator('table.tape tbody tr').nth(20).waitFor();
    await page.evaluate('scrollTo(0, 3000)');
    await until('the page to be scrolled', async () => ((await page.evaluate('scrollY')) as number) > 500);
  };
  /** Sets keys for as long as `look` takes. */
  const during = async (key: string, value: string, look: () => Promise<unknown>) => {
    await console.redis.set(`${console.prefix}:${key}`, value);
    try {
      await look();
    } finally {
      await console.redis.set(`${console.prefix}:${key}`, '0');
    }
  };

  it.each(WIDTHS)('has a tape that can be read at %i px', async (width) => {
    const page = await open(width);
    await opened.goTo('decisions');
    await page.locator('table.tape tbody tr').nth(20).waitFor();
    const tallest = await page.evaluate(
      `Math.max(...[...document.querySelectorAll('table.tape tbody tr')].map((row) => row.offsetHeight))`,
    );
    expect(tallest).toBeLessThan(TALLEST_ROW_PX);
    const narrowest = await page.evaluate(
      `Math.min(...[...document.querySelectorAll('table.tape td.why')].map((cell) => cell.offsetWidth))`,
    );
    expect(narrowest).toBeGreaterThan(150);
  });

  it.each(WIDTHS)(
    'shows that trading is stopped, and how to stop it, however far one has scrolled, at %i px',
    async (width) => {
      const page = await open(width);
      await opened.goTo('decisions');
      await scrolledDown(page);
      const kill = await page.getByRole('button', { name: 'Kill switch …' }).boundingBox();
      expect(kill?.y ?? -1).toBeGreaterThanOrEqual(0);
      await during('kill', '1', async () => {
        await inSight(page, 'KILL SWITCH ON');
        await until('the title says so', async () => (await page.title()).startsWith('KILLED · '));
        const tools = await page.locator('.tape-tools').boundingBox();
        const banner = await page.locator('.banner').boundingBox();
        expect(tools?.y ?? 0).toBeGreaterThanOrEqual((banner?.y ?? 844) + (banner?.height ?? 0) - 1);
      });
    },
  );

  it('folds what schedules decide, and unfolds it where it is asked for', async () => {
    const tick = { handler: 'risk-governor', verdict: 'BUDGETS', reason: 'fresh_state', timestamp: '1' };
    await console.redis.xadd(`${console.prefix}:stream:decisions`, '*', ...Object.entries(tick).flat());
    const page = await open(1440);
    await opened.goTo('decisions');
    const verdicts = () => page.locator('table.tape tbody td:nth-child(3)').allTextContents();
    await page.getByRole('button', { name: /ticks folded: show$/ }).waitFor();
    expect(await verdicts()).not.toContain('BUDGETS');
    await page.getByRole('button', { name: /ticks folded: show$/ }).click();
    await until('them to be there', async () => (await verdicts()).includes('BUDGETS'));
    expect(page.url()).toContain('ticks=shown');
    await page.getByRole('combobox', { name: 'Verdict' }).selectOption('!BUDGETS');
    await until('them to be gone', async () => !(await verdicts()).includes('BUDGETS'));
    expect((await verdicts()).length).toBeGreaterThan(0);
  });

  it('lets in by a link that is pressed, and leads by a used one to the sign-in, which says so', async () => {
    const link = await console.link();
    opened = await openConsole(browser, console.base, { link });
    expect(opened.page.url()).not.toContain('link=');
    await opened.close();
    const context = await browser.newContext();
    const page = await context.newPage();
    try {
      await page.goto(link);
      await page.getByRole('button', { name: 'Open the console' }).click();
      await page.getByRole('alert').getByText('This link was used, or is too old.').waitFor();
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      expect(page.url()).not.toContain('link=');
    } finally {
      await context.close();
    }
  });

  it('shows another page from its top', async () => {
    const page = await open(390);
    await opened.goTo('decisions');
    await scrolledDown(page);
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Budgets' }).click();
    await page.getByRole('heading', { name: 'Budgets', level: 1 }).waitFor({ state: 'attached' });
    await until('it to be at its top', async () => (await page.evaluate('scrollY')) === 0);
  });

  it.each(['light', 'dark'] as const)('calls a heat that is not known UNKNOWN, and not COLD, in %s', async (scheme) => {
    const page = await open(1440, scheme);
    await opened.goTo('overview');
    const state = `${console.prefix}:state:portfolio`;
    await page.getByRole('img', { name: /^Heat 0\./ }).waitFor();
    await console.redis.rename(state, `${state}.away`);
    try {
      await page.getByRole('img', { name: 'The heat is not known.' }).waitFor();
      const card = page.locator('.card.heat');
      expect(await card.textContent()).toContain('UNKNOWN');
      await card
        .getByText('Meanwhile it counts as COLD, and every full close that does not protect would be softened.')
        .waitFor();
      expect(await page.locator('.heat-chip').textContent()).toMatch(/heat\s+UNKNOWN/);
      expect(await page.locator('.heat-chip.cold, .card.heat .cold:not(.zone)').count()).toBe(0);
      await until('the title says so', async () => (await page.title()).includes('heat UNKNOWN'));
      await page.locator('.card.equity').getByText('not known').first().waitFor();
    } finally {
      await console.redis.rename(`${state}.away`, state);
    }
  });

  it('shows of a portfolio that nobody reports nothing that looks calm, and names it in the tab', async () => {
    const page = await open(1440);
    await opened.goTo('overview', `?portfolio=${EMPTY}`);
    const account = page.locator('.card.equity');
    await account.getByText('No producer has written the portfolio state.').waitFor();
    const figures = await account.locator('dd').allInnerTexts();
    expect(figures.slice(0, 3)).toEqual(['not known', 'not known', 'not known']);
    await page.getByText('Which positions are open is not known: nobody reports any.').waitFor();
    await until('the title names it', async () => (await page.title()).includes(`· ${EMPTY} · heat UNKNOWN`));
  });

  it('stops every portfolio with one button, or the one on the page where that is chosen, and says which', async () => {
    const page = await open(1440);
    const served = [console.prefix, EMPTY, 'fund-c'];
    const kills = () => console.redis.mget(served.map((prefix) => `${prefix}:kill`));
    const off = () => console.redis.mset(served.flatMap((prefix) => [`${prefix}:kill`, '0']));
    const ask = async () => {
      await page.getByRole('button', { name: 'Kill switch …' }).click();
      await dialog(page).getByRole('group', { name: 'Which portfolios' }).waitFor();
    };
    await off();
    try {
      await ask();
      await dialog(page).getByText('Portfolio demo, Portfolio fund-b, Portfolio fund-c').waitFor();
      await confirm(page, 'Stop everything', 'the exchange misbehaves');
      await page.getByText(`Kill switch on for ${served.join(', ')}.`).waitFor();
      expect(await kills()).toEqual(['1', '1', '1']);
      await off();
      await page.getByText('KILL SWITCH ON', { exact: true }).waitFor({ state: 'detached' });
      await ask();
      await dialog(page)
        .getByRole('button', { name: `${console.prefix} alone`, exact: true })
        .click();
      await confirm(page, `Stop ${console.prefix} alone`, 'a strategy misbehaves');
      await page.getByText(`Kill switch on for ${console.prefix} alone.`).waitFor();
      expect(await kills()).toEqual(['1', '0', '0']);
    } finally {
      await off();
    }
  });

  it('says which checks the mode of the governor leaves out', async () => {
    const page = await open(390);
    await opened.goTo('overview', `?portfolio=${EMPTY}`);
    const governor = page.locator('.gate-list li', { has: page.getByText('governor', { exact: true }) });
    await governor.waitFor();
    expect(await governor.getByText(/^not judged: /).count()).toBe(0);
    await runCli(started.redisUrl, [
      'mode',
      'governor',
      'testnet',
      '--reason',
      'a rehearsal',
      '--portfolio',
      EMPTY,
      '--yes',
    ]);
    await governor.getByText(/^not judged: \S.+/).waitFor();
  });

  it('set a guarded month beside the one without limits, with what was reached and what it cost', async () => {
    const page = await open(390);
    await opened.goTo('overview');
    await page.getByRole('heading', { name: 'Positions' }).first().waitFor();
    const card = page.locator('.card', { has: page.getByRole('heading', { name: 'With limits' }) });
    expect(await card.count()).toBe(0);
    const month = { end_usd: 111_220.4, lowest_usd: 61_000, max_drawdown_percent: 47.126, entry_permits: 90 };
    const beside = {
      without: month,
      with: { ...month, end_usd: 108_637.1, max_drawdown_percent: 22.2 },
      settings: { GOV_MAX_DAILY_LOSS_PCT: '5' },
      losses: [
        { at: '2021-05-19T12:00:00.000Z', event: 'LOSS_LIMIT', reason: 'daily_loss_exceeded' },
        { at: '2021-05-20T00:00:00.000Z', event: 'LOSS_RELEASED', reason: 'day_turned' },
      ],
      cost_usd: 2583.3,
      drawdown_spared_percent: 24.93,
    };
    const key = `${console.prefix}:${runtimeKeys.demoBeside}`;
    await console.redis.set(key, JSON.stringify(beside));
    try {
      await card.waitFor();
      const rows = await card.locator('tbody tr').allInnerTexts();
      expect(rows.map((text) => text.replace(/\s+/g, ' ').trim())).toEqual([
        'without $111,220 47.13 %',
        'with $108,637 22.20 %',
      ]);
      expect(await card.getByText(/^Cost of the limits: /).textContent()).toBe('Cost of the limits: $2,583');
      expect(await card.getByRole('listitem').allInnerTexts()).toEqual([
        '2021-05-19T12:00 LOSS_LIMIT daily_loss_exceeded',
        '2021-05-20T00:00 LOSS_RELEASED day_turned',
      ]);
    } finally {
      await console.redis.del(key);
    }
    await card.waitFor({ state: 'detached' });
  });
});
