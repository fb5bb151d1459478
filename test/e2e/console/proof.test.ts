import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type OpenPage, openConsole, startBrowser } from '../../support/browser.ts';
import { VIEWER } from '../../support/console-system.ts';
import { TOKEN } from '../../support/http.ts';
import { type Provable, startProvable } from '../../support/provable.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const WHOLE_MS = 240_000;
const MOST_TABS = 200;

describe('the proof on the console', () => {
  let redis: TestRedis;
  let system: Provable;
  let browser: Browser;
  let opened: OpenPage;
  beforeAll(async () => {
    redis = await startRedis();
    system = await startProvable(redis, {}, { viewerToken: VIEWER });
    browser = await startBrowser();
  });
  afterEach(() => opened?.close());
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
    await redis?.stop();
  });

  const open = async (width: number, token = TOKEN) => {
    const looks = { viewport: { width, height: 844 } };
    opened = await openConsole(browser, system.base, { token, name: 'ann' }, looks);
    await opened.goTo('operations');
    return opened.page;
  };
  const card = (page: Page) => page.getByRole('region', { name: 'Proof', exact: true });
  const tabTo = async (page: Page, name: string) => {
    const wanted = card(page).getByRole('button', { name, exact: true });
    await wanted.waitFor();
    for (let tab = 0; tab < MOST_TABS; tab += 1) {
      if (await wanted.evaluate((button) => button.matches(':focus'))) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`expected to come to "${name}" by Tab`);
  };
  const fits = async (page: Page, width: number) =>
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);

  it.each([1440, 390])(
    'is begun by keyboard at %i px, watched, told in words and saved',
    { timeout: WHOLE_MS },
    async (width) => {
      const page = await open(width);
      await tabTo(page, 'Prove the running system');
      await page.keyboard.press('Enter');
      await card(page).getByText('It runs.').waitFor();
      await card(page).getByRole('progressbar', { name: 'Progress of the proof' }).waitFor();
      await fits(page, width);
      await card(page).getByText('The running system is proven.').waitFor();
      await card(page)
        .getByText(/\d+ passed, 0 failed, 0 skipped\. Nothing is left of quantum:prove-/)
        .waitFor();
      await card(page)
        .getByText(/^Begun by ann/)
        .waitFor();
      expect(await card(page).getByRole('listitem').filter({ hasText: 'holds' }).count()).toBe(9);
      const saving = page.waitForEvent('download');
      await tabTo(page, 'Save the report');
      await page.keyboard.press('Enter');
      expect((await saving).suggestedFilename()).toBe('proof.md');
      await fits(page, width);
      expect(opened.faults).toEqual([]);
    },
  );

  it('is stopped by a button, and does not hold what it has not looked at', { timeout: WHOLE_MS }, async () => {
    const page = await open(390);
    await card(page).getByRole('button', { name: 'Prove the running system' }).click();
    await card(page).getByRole('button', { name: 'Stop the proof' }).click();
    await card(page).getByText('It was stopped.').waitFor();
    await card(page)
      .getByText(/Stopped by ann: from the console\. Interrupted: the rest was not looked at/)
      .waitFor();
    await card(page).getByRole('listitem').filter({ hasText: 'not looked at' }).first().waitFor();
    await card(page).getByRole('button', { name: 'Prove the running system' }).waitFor();
  });

  it('is watched by a viewer, who cannot begin one', async () => {
    const page = await open(1440, VIEWER);
    const button = card(page).getByRole('button', { name: 'Prove the running system' });
    await button.waitFor();
    expect(await button.isDisabled()).toBe(true);
  });
});
