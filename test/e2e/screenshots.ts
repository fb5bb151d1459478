/** Writes the pictures of docs/console.md anew: `node --import tsx test/e2e/screenshots.ts`, after `npm run build`. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions } from 'playwright-core';
import { openConsole, sessionBy } from '../support/browser.ts';
import { startConsoleInBrowser } from '../support/console-in-browser.ts';
import { playMonth } from '../support/console-system.ts';
import { keepMonth } from '../support/month-redis.ts';
import { startRedis } from '../support/redis.ts';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const WIDE = { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' } as const;
const PHONE = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;

/** A picture: its file, what it is of, and what has to be there before it is taken. */
interface Picture {
  readonly file: string;
  readonly page: string;
  readonly query?: string;
  readonly looks: BrowserContextOptions;
  readonly waitsFor: string;
}

const PICTURES: readonly Picture[] = [
  { file: 'console-overview.png', page: 'overview', looks: WIDE, waitsFor: '.card.charts figure canvas' },
  { file: 'console-phone.png', page: 'overview', looks: PHONE, waitsFor: '.card.history canvas' },
  {
    ...{ file: 'console-plan.png', page: 'decisions', query: '?plan=entry-SOLUSDT-623', looks: WIDE },
    waitsFor: 'dialog table.checks',
  },
  { file: 'console-shadow.png', page: 'shadow', looks: WIDE, waitsFor: '.card.activation .checklist li' },
];

const redis = await startRedis();
await playMonth(redis.url);
const started = await startConsoleInBrowser(await keepMonth(redis.client));
try {
  const { console: served, browser } = started;
  const kept = await sessionBy(browser, served.base, await served.link());
  for (const { file, page: name, query = '', looks, waitsFor } of PICTURES) {
    const opened = await openConsole(browser, served.base, { kept }, looks);
    await opened.goTo(name, query);
    await opened.page.locator(waitsFor).first().waitFor();
    await opened.page.locator('.waiting').first().waitFor({ state: 'detached' });
    await opened.page.screenshot({ path: join(FOLDER, file) });
    await opened.close();
  }
} finally {
  await started.stop();
  await redis.stop();
}
