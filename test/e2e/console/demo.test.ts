import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type OpenPage, openConsole, startBrowser } from '../../support/browser.ts';
import { VIEWER } from '../../support/console-system.ts';
import { type DemoRig, type DemoSystem, demoRig } from '../../support/demo-system.ts';
import { TOKEN } from '../../support/http.ts';
import { until } from '../../support/redis.ts';

const WHOLE_MS = 240_000;
const MOST_TABS = 200;
/** Five days: long enough to be seen while they are played. */
const HOURS = 120;

describe('the demo month on the console', () => {
  let rig: DemoRig;
  let browser: Browser;
  const opened: OpenPage[] = [];
  beforeAll(async () => {
    rig = await demoRig();
    browser = await startBrowser();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
    await rig.clear();
  });
  afterAll(async () => {
    await browser?.close();
    await rig?.stop();
  });

  const open = async (system: DemoSystem, width: number, token = TOKEN) => {
    const looks = { viewport: { width, height: 844 } };
    const one = await openConsole(browser, system.base, { token, name: 'ann' }, looks);
    opened.push(one);
    return one;
  };
  const part = (page: Page) => page.getByRole('region', { name: 'Demo month', exact: true });
  const start = (page: Page) => page.getByRole('region', { name: 'Three lines to your first decision' });
  const press = async (page: Page, role: 'button' | 'link', name: string) => {
    const wanted = page.getByRole(role, { name, exact: true });
    await wanted.waitFor();
    for (let tab = 0; tab < MOST_TABS; tab += 1) {
      if (await wanted.evaluate((element) => element.matches(':focus'))) return await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
    }
    throw new Error(`expected to come to "${name}" by Tab`);
  };
  const fits = async (page: Page, width: number) =>
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);

  it.each([1440, 390])(
    'is begun, watched, looked at and deleted by keyboard at %i px',
    { timeout: WHOLE_MS },
    async (width) => {
      const system = await rig.start({ hours: HOURS });
      const one = await open(system, width);
      const { page } = one;
      await press(page, 'button', 'Play a demo month');
      await part(page).getByText('The demo month is being played.').waitFor();
      await part(page).getByRole('progressbar', { name: 'Progress of the demo' }).waitFor();
      await part(page)
        .getByText(/^Day \d of 5, 2021-05-0\d$/)
        .waitFor();
      await fits(page, width);
      await part(page).getByText('The demo month is played.').waitFor();
      await part(page)
        .getByText(/120 hours were played\. .* It is deleted by itself at /)
        .waitFor();
      await fits(page, width);
      await press(page, 'link', 'Look at what it did');
      await page.locator('.banner.demo').getByText('DEMO').waitFor();
      await page.locator('.card.positions, .positions').first().waitFor();
      expect(await start(page).count()).toBe(0);
      expect(await page.getByRole('button', { name: 'Kill switch …' }).isDisabled()).toBe(true);
      await fits(page, width);
      for (const name of ['decisions', 'budgets', 'shadow', 'operations']) {
        await page.locator(`nav[aria-label="Pages"] a[href^="#/${name}?portfolio=quantum%3Ademo-"]`).click();
        await page
          .locator('main h1')
          .filter({ hasText: new RegExp(name, 'i') })
          .waitFor({ state: 'attached' });
        await page.locator('.banner.demo').waitFor();
        await fits(page, width);
        expect(await page.getByText(/portfolio: expected|is not served/).count()).toBe(0);
      }
      await press(page, 'link', 'Back to the real portfolio');
      await start(page).waitFor();
      await press(page, 'button', 'Delete the demo');
      await part(page).getByRole('button', { name: 'Play a demo month' }).waitFor();
      await until('nothing of it to be left', async () => (await rig.keys()).length === 0);
      expect([one.faults, one.foreign]).toEqual([[], []]);
    },
  );

  it('is known after a reload, in another tab and of another process, and stopped there', {
    timeout: WHOLE_MS,
  }, async () => {
    const [system, other] = [await rig.start({ hours: 744 }), await rig.start()];
    const { page } = await open(system, 1440);
    await part(page).getByRole('button', { name: 'Play a demo month' }).click();
    await part(page).getByRole('progressbar').waitFor();
    await page.reload();
    await part(page).getByText('The demo month is being played.').waitFor();
    const there = (await open(other, 390)).page;
    await part(there).getByText('The demo month is being played.').waitFor();
    await part(there).getByRole('link', { name: 'Look at what it does' }).click();
    await there.locator('.banner.demo').waitFor();
    await there.getByRole('list', { name: 'Modes of the gates' }).getByRole('listitem').first().waitFor();
    await there.getByRole('link', { name: 'Back to the real portfolio' }).click();
    await part(there).getByRole('button', { name: 'Stop the demo' }).click();
    await part(page)
      .getByText(/^The demo was stopped\. Stopped by ann: from the console\.$/)
      .waitFor();
    await part(page).getByRole('button', { name: 'Play a demo month' }).waitFor();
  });

  it('says why it cannot be begun', { timeout: WHOLE_MS }, async () => {
    const system = await rig.start({ env: { GOV_MODE: 'production' } });
    const { page } = await open(system, 390);
    await part(page)
      .getByText(/^It cannot be begun: expected the governor of quantum in testnet mode, got production/)
      .waitFor();
    expect(await part(page).getByRole('button', { name: 'Play a demo month' }).isDisabled()).toBe(true);
    await fits(page, 390);
  });

  it('is nothing for a viewer, who is not asked about it', { timeout: WHOLE_MS }, async () => {
    const system = await rig.start({}, { viewerToken: VIEWER });
    const { page } = await open(system, 1440, VIEWER);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.reload();
    await start(page).waitFor();
    expect(await part(page).count()).toBe(0);
    expect(asked.filter((url) => url.includes('/v1/demo'))).toEqual([]);
  });
});
