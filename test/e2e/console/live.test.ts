import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type OpenPage, openConsole, openTab } from '../../support/browser.ts';
import { runCli } from '../../support/cli.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../../support/console-in-browser.ts';
import type { ConsoleSystem } from '../../support/console-system.ts';
import { type RedisLink, startProxy } from '../../support/proxy.ts';
import { until } from '../../support/redis.ts';

const A_SECOND = 500;
const CLICKS = 3;

describe.skipIf(inject('monthFile') === '')('the live page', () => {
  let started: ConsoleInBrowser;
  let console: ConsoleSystem;
  let browser: Browser;
  let link: RedisLink;
  let opened: OpenPage;
  let base: string;
  let turn = 0;
  beforeAll(async () => {
    started = await startConsoleInBrowser(inject('monthFile'));
    ({ console, browser } = started);
    link = await startProxy(Number(new URL(console.base).port));
    base = `http://127.0.0.1:${new URL(link.url).port}`;
  });
  beforeEach(async () => {
    turn++;
    opened = await openConsole(browser, base, { link: await console.link() });
    await opened.goTo('decisions', `?text=turn${turn}`);
  });
  afterEach(() => opened?.close());
  afterAll(async () => {
    await link?.stop();
    await started?.stop();
  });

  const plansOf = (page: OpenPage['page']) => page.locator('table.tape tbody td.plan').allInnerTexts();
  const named = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => `turn${turn}-${from}-${at}`).reverse();
  const propose = async (from: number, to: number) => console.propose(to - from, `turn${turn}-${from}`);

  it('goes on after a cut without a gap and without a repeat', async () => {
    const { page } = opened;
    await propose(0, 3);
    await until('the first rows', async () => (await plansOf(page)).length === 3);
    link.down();
    await page.getByText('Connection lost').first().waitFor();
    await propose(3, 8);
    link.up();
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    await propose(8, 10);
    await until('all rows', async () => (await plansOf(page)).length >= 10);
    expect(await plansOf(page)).toEqual([...named(8, 10), ...named(3, 8), ...named(0, 3)]);
  });

  it('shows in the ledger what was changed during a cut', async () => {
    const { page, goTo } = opened;
    await goTo('operations');
    await page
      .getByRole('rowheader', { name: /^mode / })
      .first()
      .waitFor();
    link.down();
    await page.getByText('Connection lost').first().waitFor();
    const change = ['--portfolio', console.prefix, '--yes', '--reason'];
    await runCli(started.redisUrl, ['state', 'REDUCING', ...change, 'nobody was told of this']);
    await runCli(started.redisUrl, ['state', 'ACTIVE', ...change, 'nor of this']);
    link.up();
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    await page.getByText('nobody was told of this').waitFor();
    await page.getByText('nor of this').waitFor();
  });

  it('shares one connection among the tabs of a browser', async () => {
    const context = opened.page.context();
    const asked: string[] = [];
    context.on('request', (request) => void asked.push(request.url()));
    const other = openTab(await context.newPage(), base);
    await other.page.goto(`${base}/console/#/decisions?text=turn${turn}`);
    await other.page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    await propose(0, 2);
    await until(
      'rows in both',
      async () => (await plansOf(opened.page)).length + (await plansOf(other.page)).length === 4,
    );
    expect(asked.filter((url) => url.includes('/v1/events'))).toEqual([]);
  });

  it('stands still while it is paused, says how many are new, and shows them when it goes on', async () => {
    const { page } = opened;
    await propose(0, 1);
    await until('the first row', async () => (await plansOf(page)).length === 1);
    await page.getByRole('button', { name: 'Pause' }).click();
    await propose(1, 5);
    await page.getByRole('button', { name: /↑ 4 new \(4 matches\)/ }).waitFor();
    expect(await plansOf(page)).toEqual(named(0, 1));
    await page.getByRole('button', { name: /↑ 4 new/ }).click();
    expect(await plansOf(page)).toEqual([...named(1, 5), ...named(0, 1)]);
  });

  it('draws all rows of a long tape, also after another filter and back', async () => {
    const { page, goTo } = opened;
    for (let from = 0; from < 150; from += 10) {
      await propose(from, from + 10);
      await until('these rows', async () => (await plansOf(page)).length === from + 10);
    }
    await goTo('decisions', `?text=turn${turn}-20-`);
    await until('those of the filter', async () => (await plansOf(page)).length === 10);
    await goTo('decisions', `?text=turn${turn}-`);
    await until('all rows again', async () => (await plansOf(page)).length === 150);
  });

  it('opens the row that was pressed, whatever comes before it is let go', async () => {
    const { page } = opened;
    const other = openTab(await page.context().newPage(), base);
    await other.page.goto(`${base}/console/#/decisions?text=turn${turn}`);
    await other.page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    await propose(0, 1);
    await until('the first row', async () => (await plansOf(page)).length === 1);
    const row = await page.locator('table.tape tbody td.why').first().boundingBox();
    await page.mouse.move((row?.x ?? 0) + 5, (row?.y ?? 0) + 5);
    await page.mouse.down();
    for (let came = 1; came < 5; came++) {
      await propose(came, came + 1);
      await until('the next row beside it', async () => (await plansOf(other.page)).length > came);
    }
    await page.mouse.up();
    await page.getByRole('dialog', { name: `Plan turn${turn}-0-0` }).waitFor();
    await page.keyboard.press('Escape');
    await until('all rows', async () => (await plansOf(page)).length === 5);
  });

  it('heeds clicks while 500 decisions a second come, counts all of them, and draws a sample', async () => {
    const { page, goTo } = opened;
    await goTo('decisions');
    const before = await countOn(page);
    let proposed = 0;
    let clicks = 0;
    const burst = (async () => {
      for (; clicks < CLICKS; proposed += A_SECOND) {
        await Promise.all([propose(proposed, proposed + A_SECOND), wait(1_000)]);
      }
    })();
    for (; clicks < CLICKS; clicks++) {
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('button', { name: 'Resume' }).click();
    }
    await burst;
    await until('all are counted', async () => (await countOn(page)) - before >= proposed);
    expect((await countOn(page)) - before).toBe(proposed);
    expect(await page.locator('table.tape tbody tr').count()).toBeLessThanOrEqual(500);
  });
});

async function countOn(page: OpenPage['page']): Promise<number> {
  const text = await page.locator('.tape-tools .counts').textContent();
  return Number(/^([\d,]+) since/.exec(text ?? '')?.[1]?.replaceAll(',', ''));
}

async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
