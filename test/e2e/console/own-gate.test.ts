import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Kept, type OpenPage, openConsole, sessionBy, startBrowser } from '../../support/browser.ts';
import { confirm } from '../../support/confirm.ts';
import type { ConsoleSystem } from '../../support/console-system.ts';
import { treeOfGuide } from '../../support/guide.ts';
import { startMonth } from '../../support/month-redis.ts';
import { until } from '../../support/redis.ts';

const GATE = 'drawdown-gate';
const BUILT_PAGE = fileURLToPath(new URL('../../../dist/console', import.meta.url));

describe.skipIf(inject('monthFile') === '')("the guide's gate in the console", () => {
  const stops: (() => unknown)[] = [];
  let console: ConsoleSystem;
  let browser: Browser;
  let kept: Kept;
  let opened: OpenPage;
  beforeAll(async () => {
    const tree = await treeOfGuide();
    stops.push(() => rmSync(tree, { recursive: true, force: true }));
    mkdirSync(join(tree, 'dist'));
    symlinkSync(BUILT_PAGE, join(tree, 'dist/console'));
    const month = await startMonth(inject('monthFile'));
    stops.push(month.stop);
    const path = pathToFileURL(join(tree, 'test/support/console-system.ts')).href;
    const { startConsoleSystem } = (await import(path)) as typeof import('../../support/console-system.ts');
    console = await startConsoleSystem(month.url);
    stops.push(console.stop);
    browser = await startBrowser();
    stops.push(() => browser.close());
    kept = await sessionBy(browser, console.base, await console.link());
  });
  afterEach(() => opened?.close());
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  const open = async (page: string, query?: string) => {
    opened = await openConsole(browser, console.base, { kept });
    await opened.goTo(page, query);
    return opened.page;
  };

  it('has its mode on every page, and its card on the overview', async () => {
    const page = await open('overview');
    const modes = page
      .getByRole('list', { name: 'Modes of the gates' })
      .getByRole('listitem')
      .filter({ hasText: GATE });
    await modes.getByText('SHADOW').waitFor();
    await page.locator('.card.gates-card').getByText(GATE).waitFor();
  });

  it('has its decisions on the tape, with why', async () => {
    const fields = ['plan_id', 'entry-of-the-guide', 'symbol', 'BTCUSDT'];
    await console.redis.xadd(`${console.prefix}:stream:entry.proposal`, '*', ...fields);
    const judged = `${console.prefix}:stream:entry.judged`;
    await until('the entry to be judged', async () => (await console.redis.xlen(judged)) === 1);
    const page = await open('decisions', `?gate=${GATE}`);
    const row = page.locator('table.tape tbody tr').filter({ hasText: 'entry-of-the-guide' });
    await row.getByText('ALLOWED').waitFor();
    await row.getByRole('button', { name: 'entry-of-the-guide' }).click();
    await page.getByRole('dialog', { name: 'Plan entry-of-the-guide' }).getByText(GATE).first().waitFor();
  });

  it('is put into another mode, after its own words, and has its limit among the others', async () => {
    const page = await open('operations');
    const own = page.locator('.card.modes li, .card.modes tr').filter({ hasText: GATE });
    await own.getByRole('button', { name: 'to ENFORCE' }).click();
    await page.getByText('entries are denied while the drawdown is at the limit').waitFor();
    await confirm(page, 'Set ENFORCE', 'the guide says so', 'ENFORCE');
    await until('it to be stored', async () => {
      return (await console.redis.hget(`${console.prefix}:policy:${GATE}`, 'mode')) === 'enforce';
    });
    await page.getByRole('group', { name: 'Gate' }).getByRole('button', { name: GATE }).click();
    expect(await page.getByLabel('DRAWDOWN_MAX_PCT', { exact: true }).inputValue()).toBe('10');
  });

  it('has a report of its own beside those of the others', async () => {
    const page = await open('shadow');
    await page.getByRole('button', { name: GATE }).first().click();
    await page.getByText(GATE).first().waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});
