/**
 * Looks with axe at every page of the console and at the report as a page, at every width, light and dark, with
 * something in every card: `AXE=/path/to/axe.min.js node --import tsx test/e2e/axe.ts`, after `npm run build`. Ends with 1 where it finds anything.
 */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { openConsole, sessionBy } from '../support/browser.ts';
import { startConsoleInBrowser } from '../support/console-in-browser.ts';
import { playMonth } from '../support/console-system.ts';
import { fillConsole, OTHERS } from '../support/full-console.ts';
import { keepMonth } from '../support/month-redis.ts';
import { startRedis } from '../support/redis.ts';
import { goToWhole, WHOLE_PAGES } from '../support/whole-pages.ts';

const WIDTHS = [1440, 1180, 1024, 800, 390];
const RUN = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
  nodes.map(({ target, failureSummary }) => id + ' at ' + target.join(' ') + ': ' + failureSummary.replaceAll('\\n', ' '))))`;
const axe = readFileSync(process.env.AXE ?? 'axe.min.js', 'utf8');

const redis = await startRedis();
await playMonth(redis.url);
const started = await startConsoleInBrowser(await keepMonth(redis.client), { others: OTHERS });
try {
  await fillConsole(started);
  const found = await lookedAt();
  for (const line of found) process.stdout.write(`${line}\n`);
  process.stdout.write(`${found.length} findings\n`);
  process.exitCode = found.length === 0 ? 0 : 1;
} finally {
  await started.stop();
  await redis.stop();
}

async function lookedAt(): Promise<string[]> {
  const { console: served, browser } = started;
  const kept = await sessionBy(browser, served.base, await served.link());
  const found: string[] = [];
  for (const width of WIDTHS) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const looks = { colorScheme, viewport: { width, height: 844 }, reducedMotion: 'reduce' } as const;
      const opened = await openConsole(browser, served.base, { kept }, looks);
      for (const whole of WHOLE_PAGES) {
        await goToWhole(opened, whole, served.prefix);
        const where = `${width} px, ${colorScheme}, ${whole.name}${whole.query}`;
        found.push(...(await findings(opened.page)).map((one) => `${where}: ${one}`));
      }
      for (const gate of ['heat-gate', 'governor']) {
        const url = `${served.base}/v1/shadow/page?gate=${gate}&since=31d&portfolio=${served.prefix}`;
        const answer = await opened.page.context().request.get(url);
        if (!answer.ok()) throw new Error(`expected the report of ${gate}, got ${answer.status()}`);
        const page = await opened.page.context().newPage();
        await page.setContent(await answer.text());
        found.push(...(await findings(page)).map((one) => `${width} px, ${colorScheme}, report of ${gate}: ${one}`));
        await page.close();
      }
      await opened.close();
      process.stdout.write(`${width} px, ${colorScheme}: looked at\n`);
    }
  }
  return found;
}

async function findings(page: Page): Promise<readonly string[]> {
  if ((await page.evaluate("typeof axe === 'object'")) !== true) await page.evaluate(axe);
  return (await page.evaluate(RUN)) as string[];
}
