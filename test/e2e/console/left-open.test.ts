import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type OpenPage, openConsole } from '../../support/browser.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../../support/console-in-browser.ts';
import type { ConsoleSystem } from '../../support/console-system.ts';
import { until } from '../../support/redis.ts';

const HALF = 10_000;
/** Written at once: so many are read and judged before the next are. */
const AT_ONCE = 1_000;
const ROWS = 500;
const TIMEOUT_MS = 300_000;

interface Size {
  readonly rows: number;
  readonly nodes: number;
  readonly heapBytes: number;
}

describe.skipIf(inject('monthFile') === '')('a page that is left open', () => {
  let started: ConsoleInBrowser;
  let console: ConsoleSystem;
  let browser: Browser;
  let opened: OpenPage;
  let page: Page;
  let devtools: CDPSession;
  beforeAll(async () => {
    started = await startConsoleInBrowser(inject('monthFile'));
    ({ console, browser } = started);
    opened = await openConsole(browser, console.base, { link: await console.link() });
    page = opened.page;
    devtools = await page.context().newCDPSession(page);
    await opened.goTo('decisions');
  });
  afterAll(() => started?.stop());

  const counted = async () => {
    const text = await page.locator('.tape-tools .counts').textContent();
    return Number(/^([\d,]+) since/.exec(text ?? '')?.[1]?.replaceAll(',', ''));
  };
  const see = async (decisions: number, name: string) => {
    const before = await counted();
    for (let made = AT_ONCE; made <= decisions; made += AT_ONCE) {
      await console.propose(AT_ONCE, `${name}-${made}`);
      await until(`${made} decisions to be counted`, async () => (await counted()) - before >= made);
    }
    expect((await counted()) - before).toBe(decisions);
  };
  const size = async (): Promise<Size> => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize: heapBytes } = await devtools.send('Runtime.getHeapUsage');
    const { nodes } = await devtools.send('Memory.getDOMCounters');
    return { rows: await page.locator('table.tape tbody tr').count(), nodes, heapBytes };
  };

  it(
    `has as many rows and nodes, and no more memory, after ${2 * HALF} decisions than after ${HALF}`,
    async () => {
      await see(HALF, 'first');
      const first = await size();
      await see(HALF, 'second');
      // Rows that were just drawn anew live until the browser has let go of them: what grows never comes down again.
      const second = await until('the page to be as small as before', async () => {
        const now = await size();
        return now.nodes < 1.1 * first.nodes && now.heapBytes < 1.1 * first.heapBytes ? now : undefined;
      });
      expect([first.rows, second.rows]).toEqual([ROWS, ROWS]);
    },
    TIMEOUT_MS,
  );
});
