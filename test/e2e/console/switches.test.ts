import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { type Kept, type OpenPage, openConsole, sessionBy } from '../../support/browser.ts';
import { confirm } from '../../support/confirm.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../../support/console-in-browser.ts';
import { type ConsoleSystem, OPERATOR, startConsoleSystem } from '../../support/console-system.ts';
import { until } from '../../support/redis.ts';
import { entriesOf } from '../../support/system.ts';

const PLAN = { symbol: 'SOLUSDT', action: 'OPEN_LONG', decision: 'EXECUTE', side: 'BUY', qty: '1', price: '30' };

describe.skipIf(inject('monthFile') === '')('the switches of the console', () => {
  let started: ConsoleInBrowser;
  let console: ConsoleSystem;
  let browser: Browser;
  let kept: Kept;
  let opened: OpenPage;
  beforeAll(async () => {
    started = await startConsoleInBrowser(inject('monthFile'));
    ({ console, browser } = started);
    kept = await sessionBy(browser, console.base, await console.link());
  });
  afterEach(() => opened?.close());
  afterAll(() => started?.stop());

  const operations = async () => {
    opened = await openConsole(browser, console.base, { kept });
    await opened.goTo('operations');
    return opened.page;
  };
  const switchOf = (page: Page, name: string) => page.locator('.switch-list li').filter({ hasText: name });
  const lastDone = async () => (await entriesOf(console.redis, `${console.prefix}:stream:ops.ledger`)).at(-1)?.fields;
  const stateNow = () => console.redis.hgetall(`${console.prefix}:governor:state`);

  it('disarm the governor and arm it again, which the overview names as wrong meanwhile', async () => {
    const page = await operations();
    await switchOf(page, 'Governor').getByRole('button', { name: 'Disarm' }).click();
    await confirm(page, 'Disarm', 'a venue is strange');
    await switchOf(page, 'Governor').getByText('DISARMED').waitFor();
    expect(await lastDone()).toMatchObject({ action: 'disarm', actor: 'operator', reason: 'a venue is strange' });
    await opened.goTo('overview');
    await page.getByText('Disarmed: plans that open a position are refused').waitFor();
    await opened.goTo('operations');
    await switchOf(page, 'Governor').getByRole('button', { name: 'Arm' }).click();
    await confirm(page, 'Arm', 'it is well again');
    await switchOf(page, 'Governor').getByText('armed', { exact: true }).waitFor();
    expect(await lastDone()).toMatchObject({ action: 'arm', reason: 'it is well again' });
  });

  it('set the trading state, and the tab says which', async () => {
    const page = await operations();
    for (const state of ['REDUCING', 'HALTED', 'ACTIVE'] as const) {
      await switchOf(page, 'Trading state')
        .getByRole('button', { name: `Set ${state}` })
        .click();
      await confirm(page, `Set ${state}`, `to ${state} for a test`);
      await switchOf(page, 'Trading state').locator('strong', { hasText: state }).waitFor();
      expect(await stateNow()).toMatchObject({ trading_state: state, reason: `to ${state} for a test` });
      const title = state === 'ACTIVE' ? 'ENFORCE 2 of 3 · ' : `${state} · `;
      await until('the title says so', async () => (await page.title()).startsWith(title));
    }
  });

  it('put a dead letter back, which is judged then', async () => {
    const stream = `${console.prefix}:stream:apply.plan`;
    const letter = {
      plan_id: 'from-the-dead',
      ...PLAN,
      dlq_reason: 'a test',
      dlq_group: 'governor',
      dlq_source_id: '1-1',
    };
    await console.redis.xadd(`${stream}.dlq`, '*', ...Object.entries(letter).flat());
    const page = await operations();
    await page.getByRole('checkbox').first().check();
    await page.getByRole('button', { name: 'Replay 1 dead letter' }).click();
    await confirm(page, 'Replay 1 dead letter', 'the producer is mended');
    await page.getByText('None: every message was understood and judged.').waitFor();
    expect(await lastDone()).toMatchObject({ action: 'dlq_replay', reason: 'the producer is mended' });
    await opened.goTo('decisions', '?text=from-the-dead');
    await page.getByRole('button', { name: 'from-the-dead' }).first().waitFor();
  });

  it('confirm what is kept of losses, once somebody has read what that does', async () => {
    const headers = { Authorization: `Bearer ${OPERATOR}`, 'Content-Type': 'application/json' };
    const limit = (text: string) => {
      const body = JSON.stringify({ settings: { GOV_MAX_DAILY_LOSS_PCT: text }, reason: 'a test' });
      return fetch(`${console.base}/v1/policies/governor`, { method: 'POST', headers, body });
    };
    const latch = `${console.prefix}:governor:loss_latch`;
    await console.redis.hset(latch, { marks: '{', tripped: '{}' });
    expect((await limit('5')).status).toBe(200);
    const page = await operations();
    const losses = switchOf(page, 'Loss limits');
    await losses.getByText('what is kept of them cannot be read').waitFor();
    await losses.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('what was lost before counts no more').waitFor();
    await confirm(page, 'Confirm', 'compared with the exchange', 'CONFIRM');
    await losses.getByRole('button').waitFor({ state: 'detached' });
    const done = await entriesOf(console.redis, `${console.prefix}:stream:ops.ledger`);
    expect(done.find(({ fields }) => fields.action === 'loss_confirm')?.fields).toMatchObject({
      reason: 'compared with the exchange',
    });
    expect((await limit('off')).status).toBe(200);
  });

  it('judge by a candidate beside the limits in force', async () => {
    const policy = () => console.redis.hgetall(`${console.prefix}:policy:heat-gate`);
    const { settings: before } = await policy();
    const page = await operations();
    await page.getByRole('group', { name: 'Gate' }).getByRole('button', { name: 'heat-gate' }).click();
    await page.getByLabel('HEAT_MAX', { exact: true }).fill('0.9');
    await page.getByRole('button', { name: 'Show what it would do' }).click();
    await page.getByRole('button', { name: /as a candidate/ }).click();
    await confirm(page, 'Set the candidate', 'would a wider WARM do');
    await page.getByText('The candidate of heat-gate is set').waitFor();
    await page.getByRole('row', { name: /^HEAT_MAX.*0\.9$/ }).waitFor();
    const { settings, candidate } = await policy();
    expect(settings).toBe(before);
    expect(JSON.parse(candidate ?? '')).toMatchObject({ settings: { HEAT_MAX: '0.9' } });
    const tries = `${console.prefix}:${runtimeKeys.tries('heat-gate')}`;
    await console.redis.set(tries, 'nothing that a try can be noted in');
    await page.getByLabel('HEAT_MAX', { exact: true }).fill('0.8');
    await page.getByRole('button', { name: 'Show what it would do' }).click();
    await page.getByRole('button', { name: /as a candidate/ }).click();
    await confirm(page, 'Set the candidate', 'a narrower one');
    await page
      .getByText('is set, but not counted among the policies tried on these days: reports say one less.')
      .waitFor();
    await console.redis.del(tries);
  });

  it('are all off where the console is read-only, for the operator too', async () => {
    const readOnly = await startConsoleSystem(started.redisUrl, { consoleReadOnly: true });
    try {
      opened = await openConsole(browser, readOnly.base, { token: OPERATOR, name: 'ann' });
      await opened.goTo('operations');
      await opened.page.getByText('The console is read-only').waitFor();
      for (const button of await opened.page.locator('.switches button, .modes button').all()) {
        expect(await button.isDisabled()).toBe(true);
      }
      const answer = await opened.page.evaluate(`(async () => {
        const { csrf } = await (await fetch('/console/session')).json();
        const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf };
        const body = JSON.stringify({ reason: 'to see' });
        return (await fetch('/v1/disarm', { method: 'POST', headers, body })).status;
      })()`);
      expect(answer).toBe(403);
      await until('nothing to have changed', async () => (await stateNow()).armed !== '0');
    } finally {
      await readOnly.stop();
    }
  });
});
