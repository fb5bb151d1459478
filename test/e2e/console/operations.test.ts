import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { portfolioNowMs } from '../../../runtime/redis/clock.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { keys } from '../../../schemas/keys.ts';
import { type OpenPage, openConsole } from '../../support/browser.ts';
import { runCli } from '../../support/cli.ts';
import { confirm, dialog } from '../../support/confirm.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../../support/console-in-browser.ts';
import { type ConsoleSystem, OPERATOR, VIEWER } from '../../support/console-system.ts';
import { until } from '../../support/redis.ts';
import { entriesOf } from '../../support/system.ts';

/** Keeps what has the focus once a dialog has opened, before the page does anything else. */
const NOTES_FIRST_FOCUS = `(() => {
  const { showModal } = HTMLDialogElement.prototype;
  HTMLDialogElement.prototype.showModal = function () {
    showModal.call(this);
    queueMicrotask(() => { document.body.dataset.firstFocus = document.activeElement.textContent; });
  };
})()`;

describe.skipIf(inject('monthFile') === '')('operating from the console', () => {
  let started: ConsoleInBrowser;
  let console: ConsoleSystem;
  let browser: Browser;
  let opened: OpenPage;
  beforeAll(async () => {
    started = await startConsoleInBrowser(inject('monthFile'));
    ({ console, browser } = started);
  });
  afterEach(() => opened?.close());
  afterAll(() => started?.stop());

  const ledger = async () => {
    const entries = await entriesOf(console.redis, `${console.prefix}:stream:ops.ledger`);
    return entries.map(({ fields }) => ({ ...fields }));
  };

  it('stops everything and lets it go on, each with a reason, who did it, and its entry in the ledger', async () => {
    opened = await openConsole(browser, console.base, { token: OPERATOR, name: 'ann' });
    const { page } = opened;
    await page.getByRole('button', { name: 'Kill switch …' }).click();
    await dialog(page).getByText('Scope').waitFor();
    expect(await dialog(page).getByRole('definition').allInnerTexts()).toHaveLength(3);
    await confirm(page, 'Stop everything', 'the exchange misbehaves');
    await page.getByText('KILL SWITCH ON', { exact: true }).waitFor();
    await until('the title says so', async () => (await page.title()).startsWith('KILLED · '));
    expect(await page.locator('link[rel=icon]').getAttribute('href')).toBe('/console/icon-killed.svg');
    expect(await console.redis.get(`${console.prefix}:kill`)).toBe('1');
    await page.getByRole('button', { name: 'Release …' }).click();
    await confirm(page, 'Release', 'the exchange is back', 'RELEASE');
    await page.getByText('KILL SWITCH ON', { exact: true }).waitFor({ state: 'detached' });
    expect((await ledger()).slice(-2)).toMatchObject([
      { action: 'kill_on', actor: 'ann', reason: 'the exchange misbehaves' },
      { action: 'kill_off', actor: 'ann', reason: 'the exchange is back' },
    ]);
    await page.goto(`${console.base}/console/#/operations`);
    await page.getByRole('row', { name: /kill off.*ann.*the exchange is back/ }).waitFor();
  });

  it('stops everything where the ledger cannot be written, and says that it was not', async () => {
    opened = await openConsole(browser, console.base, { token: OPERATOR, name: 'ann' });
    const { page } = opened;
    const key = `${console.prefix}:stream:ops.ledger`;
    await console.redis.rename(key, `${key}:kept`);
    await console.redis.set(key, 'not a stream');
    onTestFinished(async () => {
      await console.redis.rename(`${key}:kept`, key);
    });
    for (const [button, verb, state, word] of [
      ['Kill switch …', 'Stop everything', 'on'],
      ['Release …', 'Release', 'off', 'RELEASE'],
    ] as const) {
      await page.getByRole('button', { name: button }).click();
      await confirm(page, verb, 'the ledger is broken', word);
      await page
        .getByText(`Kill switch ${state}, but the ops ledger could not be written: see portcullis doctor`)
        .waitFor();
    }
  });

  it('does nothing without a reason, without the word, or on Enter: the focus is on Cancel', async () => {
    opened = await openConsole(browser, console.base, { link: await console.link() });
    const { page, goTo } = opened;
    await goTo('operations');
    const before = (await ledger()).length;
    await page.evaluate(NOTES_FIRST_FOCUS);
    await page
      .getByRole('listitem')
      .filter({ hasText: 'heat-gate' })
      .getByRole('button', { name: 'to ENFORCE' })
      .click();
    const enforce = dialog(page).getByRole('button', { name: 'Set ENFORCE' });
    await dialog(page).waitFor();
    expect(await page.evaluate('document.body.dataset.firstFocus')).toBe('Cancel');
    expect(await dialog(page).locator(':focus').textContent()).toBe('Cancel');
    expect(await enforce.isDisabled()).toBe(true);
    await dialog(page).getByLabel('Reason, for the ledger').fill('a month agreed');
    expect(await enforce.isDisabled()).toBe(true);
    await dialog(page).getByLabel('Type ENFORCE to confirm').fill('enforce');
    expect(await enforce.isDisabled()).toBe(true);
    await dialog(page).getByRole('button', { name: 'Cancel' }).focus();
    await page.keyboard.press('Enter');
    await dialog(page).waitFor({ state: 'detached' });
    expect(await ledger()).toHaveLength(before);
  });

  it('puts a gate into ENFORCE with the word typed, and shows it everywhere', async () => {
    opened = await openConsole(browser, console.base, { token: OPERATOR, name: 'ben' });
    const { page, goTo } = opened;
    await goTo('operations');
    const heatGate = page.getByRole('listitem').filter({ hasText: 'heat-gate' });
    await heatGate.getByRole('button', { name: 'to ENFORCE' }).click();
    await confirm(page, 'Set ENFORCE', 'a month of shadow agreed', 'ENFORCE');
    await until('the title says so', async () => (await page.title()).startsWith('ENFORCE · '));
    await page.getByRole('list', { name: 'Modes of the gates' }).getByText('ENFORCE').first().waitFor();
    await heatGate.getByRole('button', { name: 'to SHADOW' }).click();
    await confirm(page, 'Set SHADOW', 'back for the next test');
    await until('the title says so', async () => (await page.title()).startsWith('ENFORCE 2 of 3'));
    expect((await ledger()).slice(-2)).toMatchObject([
      { action: 'mode', gate: 'heat-gate', before: 'shadow', after: 'enforce', actor: 'ben' },
      { action: 'mode', gate: 'heat-gate', before: 'enforce', after: 'shadow', actor: 'ben' },
    ]);
  });

  it('shows what other limits would have changed before it puts them in force', async () => {
    opened = await openConsole(browser, console.base, { link: await console.link() });
    const { page, goTo } = opened;
    await goTo('operations');
    await page.getByRole('group', { name: 'Gate' }).getByRole('button', { name: 'heat-gate' }).click();
    await page.getByLabel('HEAT_MIN', { exact: true }).fill('0.9');
    await page.getByRole('button', { name: 'Show what it would do' }).click();
    await page.getByText(/expected less than HEAT_MAX/).waitFor();
    await page.getByLabel('HEAT_MIN', { exact: true }).fill('0.1');
    await page.getByRole('button', { name: 'Show what it would do' }).click();
    await page.getByText(/Of \d+ decisions? of the last 24 h/).waitFor();
    await page.getByText(/judged jointly: each after what those before it came to/).waitFor();
    await page.getByRole('button', { name: 'Put in force …' }).click();
    await dialog(page)
      .getByText(/judged jointly/)
      .waitFor();
    await confirm(page, 'Put in force', 'fewer whole exits');
    await page.getByRole('row', { name: /^HEAT_MIN.*policy/ }).waitFor();
    expect(JSON.parse((await console.redis.hget(`${console.prefix}:policy:heat-gate`, 'settings')) ?? '{}')).toEqual({
      HEAT_MIN: '0.1',
    });
  });

  it('shows both numbers where plans judged jointly come out otherwise', async () => {
    opened = await openConsole(browser, console.base, { link: await console.link() });
    const { page, goTo } = opened;
    await goTo('operations');
    await page.getByRole('group', { name: 'Gate' }).getByRole('button', { name: 'governor', exact: true }).click();
    await page.getByLabel('GOV_MAX_OPEN_POSITIONS', { exact: true }).fill('1');
    await page.getByRole('button', { name: 'Show what it would do' }).click();
    const said = page.getByRole('status');
    await said
      .getByText('3 would have come out otherwise, judged alone, 2 of them with another verdict; 8, judged jointly')
      .waitFor();
    const lists = said.getByRole('list').filter({ hasText: '×' });
    expect(await lists.count()).toBe(2);
    await lists.first().getByText('2 × PERMIT ok → BLOCK max_positions_reached').waitFor();
  });

  it.each([1440, 390])(
    'shows what a strategy uses of its limits, what is reached and what is not known, at %i px',
    async (width) => {
      const own = (name: string) => `${console.prefix}:${name}`;
      const settings = {
        GOV_STRATEGY_MAX_SHARE_PCT: 'trend:20',
        GOV_STRATEGY_MAX_POSITIONS: 'trend:2',
        GOV_STRATEGY_MAX_PERMITS_PER_HOUR: 'trend:1',
      };
      const told = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
      const change = ['--portfolio', console.prefix, '--yes', '--reason', 'a test of limits'];
      const set = await runCli(started.redisUrl, ['policy', 'set', ...told, '--gate', 'governor', ...change]);
      expect(set.code).toBe(0);
      await console.redis.set(own(keys.strategyUse), 'what cannot be read');
      const nowMs = await portfolioNowMs(console.redis, portfolioOf(console.prefix, { simulatedClock: true }));
      await console.redis.zadd(own(keys.strategyPermits('trend')), nowMs, '1-0');
      opened = await openConsole(
        browser,
        console.base,
        { link: await console.link() },
        { viewport: { width, height: 844 } },
      );
      const { page, goTo } = opened;
      await goTo('operations');
      const uses = page.getByRole('list', { name: 'What trend uses of its limits' }).getByRole('listitem');
      await uses.first().waitFor();
      expect((await uses.allInnerTexts()).map((text) => text.replace(/\s+/g, ' '))).toEqual([
        'Notional, reservations included not known of $70,000, 20.0 % of the total cap not known',
        'Symbols held, reserved ones included not known of 2 not known',
        'OPEN permits within an hour 1 of 1 reached: 0 left',
      ]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      await console.redis.del(own(keys.strategyUse), own(keys.strategyPermits('trend')));
    },
  );

  it('looks at a dead letter and drops it with its word', async () => {
    await console.redis.xadd(`${console.prefix}:stream:apply.plan`, '*', 'plan_id', 'p 9', 'action', 'BUY');
    opened = await openConsole(browser, console.base, { link: await console.link() });
    const { page, goTo } = opened;
    await goTo('operations');
    const letter = page.getByRole('checkbox').first();
    await letter.waitFor();
    await letter.check();
    await page.getByRole('button', { name: 'Drop 1 dead letter' }).click();
    await confirm(page, 'Drop 1 dead letter', 'a test of a producer', 'DROP');
    await page.getByText('None: every message was understood and judged.').waitFor();
    expect((await ledger()).at(-1)).toMatchObject({ action: 'dlq_drop', reason: 'a test of a producer' });
  });

  it('lets a viewer look at everything and change nothing, in the page and beside it', async () => {
    opened = await openConsole(browser, console.base, { token: VIEWER, name: 'eve' });
    const { page, goTo } = opened;
    await goTo('operations');
    await page.getByText('You are signed in as a viewer').waitFor();
    expect(await page.getByRole('button', { name: /Kill switch/ }).isDisabled()).toBe(true);
    for (const button of await page.locator('.switches button, .modes button').all()) {
      expect(await button.isDisabled()).toBe(true);
    }
    const answer = await page.evaluate(`(async () => {
      const session = await (await fetch('/console/session')).json();
      const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': session.csrf };
      const body = JSON.stringify({ state: 'on', reason: 'none of her business' });
      return (await fetch('/v1/kill', { method: 'POST', headers, body })).status;
    })()`);
    expect(answer).toBe(403);
    expect(await console.redis.get(`${console.prefix}:kill`)).not.toBe('1');
  });
});
