/** Writes the pictures of docs/console.md anew: `node --import tsx test/e2e/screenshots.ts`, after `npm run build`; needs pngquant. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions } from 'playwright-core';
import { openConsole, sessionBy } from '../support/browser.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from '../support/console-in-browser.ts';
import { playMonth } from '../support/console-system.ts';
import { fillConsole, OTHERS } from '../support/full-console.ts';
import { keepMonth } from '../support/month-redis.ts';
import { startRedis } from '../support/redis.ts';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const WIDE = { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' } as const;
const PHONE = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;

/** A picture: its file, what it is of, what is clicked on it, and what has to be there before it is taken. */
interface Picture {
  readonly file: string;
  readonly page: string;
  readonly query?: string;
  readonly looks: BrowserContextOptions;
  readonly waitsFor: string;
  readonly click?: string;
}

const PICTURES: readonly Picture[] = [
  {
    ...{ file: 'console-overview.png', page: 'overview', looks: { ...WIDE, viewport: { width: 1440, height: 1060 } } },
    waitsFor: '.card.charts figure canvas',
  },
  { file: 'console-phone.png', page: 'overview', looks: PHONE, waitsFor: '.card.history canvas' },
  {
    ...{ file: 'console-plan.png', page: 'decisions', query: '?plan=entry-SOLUSDT-623', looks: WIDE },
    waitsFor: 'dialog table.checks',
  },
  {
    ...{ file: 'console-shadow.png', page: 'shadow', looks: { ...WIDE, colorScheme: 'light' }, click: '31d' },
    waitsFor: '.card.activation .checklist li',
  },
];

/** Pictures of a system with several portfolios, and something in every card. */
const FULL: readonly Picture[] = [
  {
    ...{
      file: 'console-portfolios.png',
      page: 'portfolios',
      looks: { ...WIDE, viewport: { width: 1440, height: 670 } },
    },
    waitsFor: 'text=/\\d+ permits?, \\d+ blocks?/',
  },
];

const redis = await startRedis();
await playMonth(redis.url);
const month = await keepMonth(redis.client);
try {
  await picturesOf(PICTURES, await startConsoleInBrowser(month));
  const full = await startConsoleInBrowser(month, { others: OTHERS });
  await fillConsole(full);
  await picturesOf(FULL, full);
} finally {
  await redis.stop();
}

async function picturesOf(pictures: readonly Picture[], started: ConsoleInBrowser): Promise<void> {
  const { console: served, browser } = started;
  try {
    const kept = await sessionBy(browser, served.base, await served.link());
    for (const { file, page: name, query = '', looks, waitsFor, click } of pictures) {
      const opened = await openConsole(browser, served.base, { kept }, looks);
      const { page } = opened;
      await opened.goTo(name, query);
      if (click !== undefined) await page.getByRole('button', { name: click, exact: true }).first().click();
      await page.locator(waitsFor).first().waitFor();
      await page.locator('.waiting').first().waitFor({ state: 'detached' });
      const path = join(FOLDER, file);
      await page.screenshot({ path });
      // 256 colours are enough for a page, and a third of the size.
      execFileSync('pngquant', ['--force', '--ext', '.png', '256', path]);
      await opened.close();
    }
  } finally {
    await started.stop();
  }
}
