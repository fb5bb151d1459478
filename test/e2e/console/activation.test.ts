import type { Redis } from 'ioredis';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { ActivationEvidence, POLICY } from '../../support/activation-evidence.ts';
import { type Kept, type OpenPage, openConsole, sessionBy } from '../../support/browser.ts';
import { confirm, dialog, submit } from '../../support/confirm.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../../support/console-in-browser.ts';
import type { ConsoleSystem } from '../../support/console-system.ts';
import { until } from '../../support/redis.ts';

const QUANTUM = '?portfolio=quantum';

async function evidence(redis: Redis): Promise<void> {
  const written = new ActivationEvidence(() => redis);
  await written.collected();
  await written.reader();
  await redis.hset('quantum:state:portfolio', { equity_usd: '10000', positions_count: '0', timestamp: '9999999999' });
}

describe.skipIf(inject('monthFile') === '')('leaving shadow, and going back', () => {
  let started: ConsoleInBrowser;
  let redis: Redis;
  let console: ConsoleSystem;
  let browser: Browser;
  let kept: Kept;
  let opened: OpenPage;
  beforeAll(async () => {
    started = await startConsoleInBrowser(inject('monthFile'), { others: [portfolioOf('quantum')], before: evidence });
    ({ console, browser } = started);
    redis = console.redis;
    kept = await sessionBy(browser, console.base, await console.link());
  });
  afterEach(() => opened?.close());
  afterAll(() => started?.stop());

  const shadowPage = async () => {
    opened = await openConsole(browser, console.base, { kept });
    await opened.goTo('shadow', QUANTUM);
    await opened.page.getByRole('heading', { name: 'Activation of heat-gate' }).waitFor();
    return opened.page;
  };
  const mode = () => redis.hget(POLICY, 'mode');
  const watch = (page: Page) => page.getByRole('region', { name: 'Last activation' });

  it('is refused while a line of the checklist does not hold, with the reason', async () => {
    const page = await shadowPage();
    await page.getByText('1 line does not hold: an activation is refused.').waitFor();
    const first = page.getByRole('list', { name: 'Checklist' }).getByRole('listitem').first();
    expect(await first.textContent()).toMatch(/^rollback rehearsed does not hold\s*never\s*wanted: within 7 days/);
    await page.getByRole('button', { name: 'Activate', exact: true }).click();
    await submit(page, 'Activate', 'a month agreed', 'ENFORCE');
    await dialog(page)
      .getByText(/not ready: rollback rehearsed: expected .*, got never/)
      .waitFor();
    expect(await mode()).toBe('shadow');
  });

  it('is done after a rehearsal, watched with its conditions, and rolled back with the figure that broke one', async () => {
    const page = await shadowPage();
    await until('a rehearsal in time', async () => {
      await page.getByRole('button', { name: 'Rehearse' }).click();
      await confirm(page, 'Rehearse', 'before the activation');
      const said = page.getByText(/Rehearsal (not )?passed: /);
      return !(await said.last().textContent())?.includes('not passed');
    });
    await page.getByText('Every line holds.').waitFor();
    await page.getByRole('button', { name: 'Activate', exact: true }).click();
    await confirm(page, 'Activate', 'a month agreed', 'ENFORCE');
    await watch(page)
      .getByText(/^Under watch for another (60|59) min$/)
      .waitFor();
    await until('the title says so', async () => (await page.title()).startsWith('ENFORCE · '));
    await watch(page).getByText('What rolls it back before').click();
    expect(await watch(page).getByRole('definition').allInnerTexts()).toContain('at most 30 s');
    expect(await mode()).toBe('enforce');
    await redis.xadd('quantum:stream:harvest.proposal', '*', 'plan_id', 'x y');
    await watch(page).getByText('Rolled back: dead letters: 1, at most 0').waitFor();
    expect(await mode()).toBe('shadow');
  });

  it('is forced past a line with a confirmation of its own, and rolled back by hand', async () => {
    const page = await shadowPage();
    await page.getByRole('button', { name: 'Force the activation' }).click();
    await dialog(page)
      .getByText(/^Passed over, and written down with your name: .*decisions/)
      .waitFor();
    await confirm(page, 'Force the activation', 'the letter is known', 'ENFORCE');
    await watch(page)
      .getByText(/Forced past .*decisions/)
      .waitFor();
    expect(await mode()).toBe('enforce');
    await page.getByRole('button', { name: 'Roll back' }).click();
    await dialog(page).getByRole('button', { name: 'it stops too much' }).click();
    await dialog(page).getByRole('button', { name: 'Roll back', exact: true }).click();
    await page.getByText(/heat-gate is back in SHADOW: 1 worker, the slowest after \d+ ms/).waitFor();
    await page.getByRole('button', { name: 'Activate', exact: true }).waitFor();
    expect(await mode()).toBe('shadow');
  });

  it('says in counts and dollars what the month would have come to, by bucket and symbol, and which exits lost most', async () => {
    opened = await openConsole(browser, console.base, { kept });
    const { page } = opened;
    await opened.goTo('shadow', '?portfolio=demo');
    await page.getByRole('group', { name: 'Span' }).getByRole('button', { name: '31d' }).click();
    await page.getByText('55 of 78 full closes would have been softened').waitFor();
    await page.getByText(/The kept parts would have lost \$[\d,]+ against the original exits/).waitFor();
    expect(await page.getByRole('table', { name: 'By bucket' }).getByRole('row').count()).toBe(4);
    expect(await page.getByRole('table', { name: 'Lost most' }).getByRole('row').count()).toBe(11);
    await page.getByRole('table', { name: 'Lost most' }).getByRole('link').first().click();
    await page.getByRole('dialog', { name: /^Plan exit-/ }).waitFor();
  });

  it('shows one portfolio at a time, and what an executor does without a permit as a problem of that one', async () => {
    opened = await openConsole(browser, console.base, { kept });
    const { page } = opened;
    const now = String(Date.now());
    const proof = { executed_without_permit: '1', executed_without_permit_last_ms: now };
    await redis.hset('quantum:governor:effect_proof', { ...proof, executed_without_permit_last_plan: 'p-wild' });
    await opened.goTo('overview', '?portfolio=demo');
    await page.getByRole('row', { name: /SOLUSDT/ }).waitFor();
    await page.getByRole('combobox', { name: 'Portfolio' }).selectOption('quantum');
    await page.getByText('1 order executed without a permit').waitFor();
    expect(page.url()).toContain('portfolio=quantum');
    expect(await page.getByRole('row', { name: /SOLUSDT/ }).count()).toBe(0);
    await page.getByRole('combobox', { name: 'Portfolio' }).selectOption('demo');
    await page.getByRole('row', { name: /SOLUSDT/ }).waitFor();
    expect(await page.getByText('p-wild').count()).toBe(0);
  });
});
