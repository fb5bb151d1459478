import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { streams } from '../../schemas/keys.ts';
import { findChromium, type Kept, openConsole, startBrowser } from '../support/browser.ts';
import { until } from '../support/redis.ts';
import { finished } from './backlog.ts';
import { type ClickRow, measureClicks } from './console-clicks.ts';
import { workloadsOf } from './contestants/contestant.ts';
import { checkDelivery } from './delivery.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import { type Sender, startSender } from './sender.ts';
import type { BenchServer } from './server.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { type BenchSystem, startBenchSystem } from './system.ts';
import type { Workload } from './workloads/workload.ts';

/** Until it is told to end. */
const SENT = { perSecond: 500, count: Number.MAX_SAFE_INTEGER };
const FULL = { loads: 20, rounds: 10 };
const QUICK = { loads: 5, rounds: 3 };
/** Decisions before the first load: what a gate does for each is compiled by then, and the tape has more than a page. */
const WARM = 2_500;
const TOKEN = 'an-operator-of-the-bench';
/** Nothing is trimmed before it is checked. */
const SETTINGS = { ADMIN_TOKEN: TOKEN, STREAM_MAX_LEN: '1000000' };
const SCREEN = { viewport: { width: 1440, height: 900 } };
const BYTES_A_KB = 1_000;
const COMPRESSED = /\.(?:gz|br)$/;

/** In a new page: when something was drawn first, and when the heat, the limits and the modes were. */
const LOADING = `globalThis.loaded = new Promise((resolve) => {
  const isThere = () => ['.heat-chip', '.card.heat', '.card.limits', '.gates li'].every((one) => document.querySelector(one) !== null);
  const observer = new MutationObserver(() => {
    if (!isThere()) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => {
      const figures = performance.now();
      const paints = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
      const told = () => paints() === undefined ? setTimeout(told, 10) : resolve([paints(), figures]);
      told();
    }));
  });
  observer.observe(document, { subtree: true, childList: true });
});`;

/** What somebody sees of the console while the heat gate decides, milliseconds. */
export interface ConsoleFigures {
  /** Decisions a second that the heat gate made meanwhile. */
  readonly per_second: number;
  /** Fresh loads: until something is drawn, and until the figures of the overview are. */
  readonly loads: number;
  readonly first_content_ms: Spread;
  readonly first_figures_ms: Spread;
  readonly clicks: readonly ClickRow[];
  /** All files of the page, as they are sent to a browser that takes gzip; 1 kB is 1,000 bytes. */
  readonly gzip_kb: number;
}

/** Starts the whole system, lets its heat gate decide 500 times a second, and looks at the console in Chromium; undefined where there is none. */
export async function measureConsole(
  server: BenchServer,
  { quick, positions }: Pick<Options, 'quick' | 'positions'>,
  say: Say,
): Promise<ConsoleFigures | undefined> {
  if (findChromium() === undefined) {
    say('not measured: no Chromium on this machine (apt-get install chromium)', 0, 0);
    return undefined;
  }
  const [workload] = workloadsOf({ gate: 'heat-gate', portfolios: 1, positions });
  await server.clear();
  await server.keep();
  await workload.seed(server.redis);
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const system = await startBenchSystem(server, SETTINGS);
    stops.push(system.stop);
    const browser = await startBrowser({ handlesSignals: false });
    stops.push(() => browser.close());
    const sender = await startSender({ ...SENT, url: server.url, positions });
    stops.push(sender.stop);
    sender.begin();
    const looked = looks({ server, workload, system, browser, sender }, quick ? QUICK : FULL, say);
    return await Promise.race([sender.failed, looked]);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

interface World {
  readonly server: BenchServer;
  readonly workload: Workload;
  readonly system: BenchSystem;
  readonly browser: Browser;
  readonly sender: Sender;
}

async function looks(
  { server, workload, system, browser, sender }: World,
  { loads, rounds }: typeof FULL,
  say: Say,
): Promise<ConsoleFigures> {
  const decided = () => finished(server.redis, 'portcullis', [workload]);
  await until(`${WARM} decisions`, async () => (await decided()) >= WARM);
  const [before, fromMs] = [await decided(), performance.now()];
  const opened = await openConsole(browser, system.url, { token: TOKEN, name: 'bench' }, SCREEN);
  const kept = await opened.page.context().storageState();
  const taken = await freshLoads(browser, system.url, kept, loads, say);
  const clicks = await measureClicks(opened.page, rounds, (click, round) => say(click, round, rounds));
  const per_second = ((await decided()) - before) / ((performance.now() - fromMs) / 1000);
  await opened.close();
  const gzip_kb = (await bytesSent(system.url)) / BYTES_A_KB;
  await delivered(server, workload, await sender.end());
  say(`${Math.round(per_second)} decisions a second meanwhile`, rounds, rounds);
  return { per_second, loads, ...taken, clicks, gzip_kb };
}

/** Each in a browser context of its own, which keeps nothing but the session; the first is not counted. */
async function freshLoads(
  browser: Browser,
  url: string,
  kept: Kept,
  loads: number,
  say: Say,
): Promise<Pick<ConsoleFigures, 'first_content_ms' | 'first_figures_ms'>> {
  const taken: (readonly [content: number, figures: number])[] = [];
  for (let load = 0; load <= loads; load += 1) {
    const context = await browser.newContext({ ...SCREEN, storageState: kept });
    const page = await context.newPage();
    await page.addInitScript(LOADING);
    await page.goto(`${url}/console/`);
    const [content, figures] = (await page.evaluate('loaded')) as [number, number];
    if (load > 0) taken.push([content, figures]);
    await context.close();
    say(`loaded: ${content.toFixed(0)} ms, figures ${figures.toFixed(0)} ms`, load, loads);
  }
  return {
    first_content_ms: spreadOf(taken.map(([content]) => content)),
    first_figures_ms: spreadOf(taken.map(([, figures]) => figures)),
  };
}

/** The other gates have decisions in the log too. */
async function delivered(server: BenchServer, workload: Workload, count: number): Promise<void> {
  await until('all to be decided', async () => (await finished(server.redis, 'portcullis', [workload])) >= count);
  const log = workload.portfolio.streamKey(streams.decisions);
  const outputs = workload.outputs.filter((stream) => stream !== log);
  await checkDelivery(server.redis, 'portcullis', { ...workload, outputs }, count);
}

async function bytesSent(url: string): Promise<number> {
  const folder = join(process.cwd(), 'dist/console');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  let bytes = 0;
  for (const { name, parentPath } of files.filter((file) => !COMPRESSED.test(file.name))) {
    const path = join(parentPath, name).slice(folder.length + 1);
    const answer = await fetch(`${url}/console/${path}`, { headers: { 'accept-encoding': 'gzip' } });
    const length = Number(answer.headers.get('content-length'));
    await answer.arrayBuffer();
    if (!answer.ok || !(length > 0)) throw new Error(`expected ${path} of the page, got ${answer.status}`);
    bytes += length;
  }
  return bytes;
}
