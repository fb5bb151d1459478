import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { PATIENCE_MS } from './redis.ts';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** The browser asks nobody but who the test names. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Where this machine has a Chromium; `undefined` where it has none. */
export function findChromium(): string | undefined {
  return PLACES.find((place) => existsSync(place));
}

/** Starts a Chromium without a window. `handlesSignals` off leaves it to the caller what Ctrl-C ends; with the process it ends in any case. */
export async function startBrowser({ handlesSignals = true } = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('expected a chromium, found none: apt-get install chromium');
  const signals = { handleSIGINT: handlesSignals, handleSIGTERM: handlesSignals, handleSIGHUP: handlesSignals };
  return await chromium.launch({ executablePath, args: ARGUMENTS, timeout: PATIENCE_MS, ...signals });
}

/** A page of the console, and everything in it that a person must never see. */
export interface OpenPage {
  readonly page: Page;
  /** Errors of scripts, and what the content policy refused. */
  readonly faults: readonly string[];
  /** The addresses asked that are not of this host. */
  readonly foreign: readonly string[];
  /** Goes to a page of the console by its name, and resolves when it is that page. */
  goTo(name: string, query?: string): Promise<void>;
  close(): Promise<void>;
}

/** How somebody comes in: by the form, by the one-time link that a start prints, or with a session they have. */
export type WayIn =
  | { readonly token: string; readonly name: string }
  | { readonly link: string }
  | { readonly kept: Kept };

/** What a browser keeps of a session. */
export type Kept = Awaited<ReturnType<BrowserContext['storageState']>>;

/** A session by a one-time link, to be used by more than one page: sign-ins are counted. */
export async function sessionBy(browser: Browser, base: string, link: string): Promise<Kept> {
  const opened = await openConsole(browser, base, { link });
  const kept = await opened.page.context().storageState();
  await opened.close();
  return kept;
}

/** Opens the console, and resolves when it is live and shows the gates; a wide screen unless `looks` say otherwise. */
export async function openConsole(
  browser: Browser,
  base: string,
  way: WayIn,
  looks: BrowserContextOptions = {},
): Promise<OpenPage> {
  const kept = 'kept' in way ? { storageState: way.kept } : {};
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...kept, ...looks });
  context.setDefaultTimeout(PATIENCE_MS);
  const opened = openTab(await context.newPage(), base);
  if ('kept' in way) {
    await opened.page.goto(`${base}/console/`);
  } else if ('link' in way) {
    await opened.page.goto(base + new URL(way.link).pathname + new URL(way.link).search);
    await opened.page.getByRole('button', { name: 'Open the console' }).click();
  } else {
    await signIn(opened.page, base, way);
  }
  await opened.page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
  await opened.page.getByRole('list', { name: 'Modes of the gates' }).getByRole('listitem').first().waitFor();
  return { ...opened, close: () => context.close() };
}

async function signIn(page: Page, base: string, { token, name }: { token: string; name: string }): Promise<void> {
  await page.goto(`${base}/console/`);
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Watches a tab for what must not be. */
export function openTab(page: Page, base: string): Omit<OpenPage, 'close'> {
  const faults: string[] = [];
  const foreign: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy') || message.text().includes('Content-Security-Policy')) {
      faults.push(message.text());
    }
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(base)) foreign.push(request.url());
  });
  const goTo = async (name: string, query = '') => {
    await page.goto(`${base}/console/#/${name}${query}`);
    const here = page.locator('nav[aria-label="Pages"] a[aria-current="page"]', { hasText: new RegExp(name, 'i') });
    await here.waitFor({ state: 'attached' });
    await page.locator('main h1').waitFor({ state: 'attached' });
  };
  return { page, faults, foreign, goTo };
}
