import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Kept, type OpenPage, openConsole, sessionBy } from '../../support/browser.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../../support/console-in-browser.ts';
import type { ConsoleSystem } from '../../support/console-system.ts';
import { until } from '../../support/redis.ts';

const PAGES = ['overview', 'decisions', 'budgets', 'shadow', 'operations'] as const;

describe.skipIf(inject('monthFile') === '')('the pages of the console', () => {
  let started: ConsoleInBrowser;
  let console: ConsoleSystem;
  let browser: Browser;
  let opened: OpenPage | undefined;
  let kept: Kept;
  beforeAll(async () => {
    started = await startConsoleInBrowser(inject('monthFile'));
    ({ console, browser } = started);
    kept = await sessionBy(browser, console.base, await console.link());
  });
  afterEach(() => opened?.close());
  afterAll(() => started?.stop());
  const open = async (options: Parameters<typeof openConsole>[3] = {}) => {
    opened = await openConsole(browser, console.base, { kept }, options);
    return opened;
  };

  it('say at once how hot it is, what is held and how much room there is', async () => {
    const { page, goTo } = await open();
    await goTo('overview');
    await page.getByText('Nothing is wrong right now.').waitFor();
    expect(await page.getByRole('img', { name: /^Heat 0\.\d+, (COLD|WARM|HOT)\./ }).count()).toBe(1);
    expect(await page.getByRole('row', { name: /SOLUSDT/ }).count()).toBe(1);
    expect(await page.getByText(/near: \$[\d,]+ left/).count()).toBe(1);
    const title = /^ENFORCE 2 of 3 · heat 0\.\d\d (COLD|WARM|HOT) · Portcullis$/;
    await until('the title says so', async () => title.test(await page.title()));
    expect(await page.locator('link[rel=icon]').getAttribute('href')).toBe('/console/icon-partly.svg');
  });

  it('say what the risk of the book is and what to cut first, once it is kept, and never a calm figure for an unknown one', async () => {
    const { page, goTo } = await open();
    await goTo('overview');
    await page.getByText('Nothing is wrong right now.').waitFor();
    const card = page.getByRole('heading', { name: 'Risk of the book' });
    expect(await card.count()).toBe(0);
    const key = `${console.prefix}:state:risk`;
    await console.redis.hset(key, {
      shock: '0.415',
      shock_reason: 'ok',
      shock_scenario: 'fall_50',
      margin: '0.021',
      margin_reason: 'ok',
      liquidation_symbol: 'SOLUSDT',
      liquidation_distance: '0.37',
      expected_shortfall_reason: 'not_enough_data',
      components: JSON.stringify({ shock: { SOLUSDT: 0.3, ETHUSDT: 0.115, BTCUSDT: 0 } }),
      timestamp: String(Date.now() / 1000),
    });
    try {
      await card.waitFor();
      const rows = await page.locator('.card.risk tbody tr').allInnerTexts();
      expect(rows.map((text) => text.replace(/\s+/g, ' '))).toEqual([
        'shock 41.5 % fall 50 SOLUSDT 30.0 %, ETHUSDT 11.5 %',
        expect.stringMatching(/^expected shortfall UNKNOWN: not enough data\s*$/),
        expect.stringMatching(/^margin 2\.1 % SOLUSDT liquidated 37\.0 % away\s*$/),
      ]);
    } finally {
      await console.redis.del(key);
    }
    await card.waitFor({ state: 'detached' });
  });

  it('show no figures of one span under the name of another', async () => {
    const { page, goTo } = await open();
    await goTo('shadow');
    const figures = page.getByText('Flip rate', { exact: true });
    await figures.waitFor();
    await page.route(/\/v1\/shadow\?.*since=31d/, () => undefined);
    await page.getByRole('group', { name: 'Span' }).getByRole('button', { name: '31d' }).click();
    await page.getByText('Reading the decisions of this time …').waitFor();
    expect(await figures.count()).toBe(0);
  });

  it('say the mode of each gate in a word, on every page', async () => {
    const { page, goTo } = await open();
    for (const name of PAGES) {
      await goTo(name);
      const gates = await page.getByRole('list', { name: 'Modes of the gates' }).getByRole('listitem').allInnerTexts();
      expect(gates.map((text) => text.replace(/\s+/g, ' '))).toEqual([
        'heat-gate SHADOW',
        'risk-governor ENFORCE',
        'governor PRODUCTION',
      ]);
    }
  });

  it('explain a plan with all of its checks on a click, and keep it in the address', async () => {
    const { page, goTo } = await open();
    await goTo('decisions', '?symbol=SOLUSDT&verdict=BLOCK&reason=total_notional_exceeded');
    await page.getByRole('button', { name: 'Older decisions' }).click();
    await page.getByRole('button', { name: 'entry-SOLUSDT-623' }).first().click();
    const drawer = page.getByRole('dialog', { name: 'Plan entry-SOLUSDT-623' });
    await drawer
      .getByText(/\$350,000\.00 is allowed/)
      .first()
      .waitFor();
    expect(await drawer.locator('.checks tr').count()).toBe(13);
    await until('the address to name it', () => page.url().includes('plan=entry-SOLUSDT-623'));
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await until('the address says so', () => !page.url().includes('plan='));
  });

  it('say of an exit whose book is gone that it is not known, and show no figures of it', async () => {
    const { page, goTo } = await open();
    const facts = `${console.prefix}:stream:decision.facts`;
    await goTo('decisions', '?gate=heat-gate&verdict=DOWNGRADE');
    const plan = page.locator('table.tape tbody button').first();
    const way = page.getByRole('dialog', { name: /^Plan / });
    await plan.click();
    await way.getByRole('columnheader', { name: 'Sigma' }).waitFor();
    await page.keyboard.press('Escape');
    await console.redis.rename(facts, `${facts}.away`);
    try {
      await plan.click();
      await way.getByText(/^The book it was judged on is not known: decision\.facts has no entry \d+-\d+\.$/).waitFor();
      expect(await way.getByRole('columnheader', { name: 'Sigma' }).count()).toBe(0);
    } finally {
      await console.redis.rename(`${facts}.away`, facts);
    }
  });

  it('keep the filters in the address, and the other way round', async () => {
    const { page, goTo } = await open();
    await goTo('decisions', '?gate=governor&text=SOL');
    expect(await page.getByRole('combobox', { name: 'Gate' }).inputValue()).toBe('governor');
    expect(await page.getByRole('searchbox', { name: 'Text' }).inputValue()).toBe('SOL');
    await page.getByRole('combobox', { name: 'Verdict' }).selectOption('BLOCK');
    await until('the address says so', () => page.url().includes('verdict=BLOCK'));
    await until('blocks alone', async () => {
      const verdicts = await page.locator('table.tape tbody td:nth-child(3)').allInnerTexts();
      return verdicts.length > 0 && verdicts.every((verdict) => verdict === 'BLOCK');
    });
  });

  it('show the budget of each symbol beside its position', async () => {
    const { page, goTo } = await open();
    await goTo('budgets');
    const row = page.getByRole('row', { name: /^SOLUSDT\s*\$[\d,]+\s*\$[\d,]+/ });
    await row.first().waitFor();
    expect(await row.count()).toBeGreaterThan(0);
  });

  it.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 1000],
    ['light', 768],
    ['light', 390],
    ['dark', 390],
  ] as const)('fit a screen in %s, %i px wide, and break no rule of the content policy', async (colorScheme, width) => {
    const { page, goTo, faults, foreign } = await open({ colorScheme, viewport: { width, height: 844 } });
    for (const name of PAGES) {
      await goTo(name);
      await page.locator('.waiting').first().waitFor({ state: 'detached' });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const kill = await page.getByRole('button', { name: /Kill switch/ }).boundingBox();
      expect((kill?.x ?? width) + (kill?.width ?? 0)).toBeLessThanOrEqual(width);
      await page
        .getByText(/heat 0\.\d\d (COLD|WARM|HOT)/)
        .first()
        .waitFor();
    }
    expect(faults).toEqual([]);
    expect(foreign).toEqual([]);
  });

  it('show on a phone every limit, change and violation without scrolling sideways', async () => {
    const { page, goTo } = await open({ viewport: { width: 390, height: 844 } });
    for (const [name, shown] of [
      ['operations', 'table.stacked input'],
      ['operations', 'table.ledger-table'],
      ['budgets', 'table.stacked'],
    ] as const) {
      await goTo(name);
      await page.locator(shown).first().waitFor();
      const wider = `[...document.querySelectorAll('.scroll:has(table.stacked)')].map((one) => one.scrollWidth - one.clientWidth)`;
      expect(new Set((await page.evaluate(wider)) as number[])).toEqual(new Set([0]));
    }
  });

  it('have a name for everything that can be pressed or filled in', async () => {
    const { page, goTo } = await open();
    for (const name of PAGES) {
      await goTo(name);
      const tree = await page.locator('body').ariaSnapshot();
      const nameless = tree
        .split('\n')
        .filter((line) => /- (?:button|textbox|combobox|link|checkbox)(?:$|:| \[)/.test(line));
      expect(nameless).toEqual([]);
    }
  });

  it('are worked by the keyboard, and no key of it stops trading', async () => {
    const { page, goTo } = await open();
    await goTo('overview');
    await page.keyboard.press('2');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await page.keyboard.press('Space');
    await page.keyboard.press('/');
    await until('the filter has the focus', async () => (await page.locator('#filter-text:focus').count()) === 1);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    for (const key of 'abcdefghijklmnopqrsvwxyz67890') await page.keyboard.press(key);
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await console.redis.get(`${console.prefix}:kill`)).not.toBe('1');
  });

  it('keep the theme and the zone that somebody chose', async () => {
    const { page, goTo } = await open({ timezoneId: 'America/New_York' });
    await goTo('decisions');
    await page.keyboard.press('u');
    await page.getByRole('button', { name: 'local time' }).waitFor();
    await page.getByRole('button', { name: 'Theme: system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'local time' }).waitFor();
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    const time = page.locator('table.tape time').first();
    expect(await time.getAttribute('title')).toMatch(/UTC · .* local time$/);
  });
});
