import type { Redis } from 'ioredis';
import type { Browser } from 'playwright-core';
import type { FeedSettings } from '../../runtime/settings/feed-settings.ts';
import type { Portfolio } from '../../runtime/settings/portfolio.ts';
import { startBrowser } from './browser.ts';
import { type ConsoleSystem, startConsoleSystem } from './console-system.ts';
import { startMonth } from './month-redis.ts';

/** The console over the demo's month, and a browser to look at it with. */
export interface ConsoleInBrowser {
  readonly console: ConsoleSystem;
  readonly browser: Browser;
  readonly redisUrl: string;
  stop(): Promise<void>;
}

/** What a test wants besides: other portfolios, feeds that count as configured, and what is written before the gates start. */
interface Wanted {
  readonly others?: readonly Portfolio[];
  readonly feeds?: FeedSettings;
  readonly before?: (redis: Redis) => Promise<void>;
}

/** Starts all of it on a copy of the month, which no other test sees or changes; stops what it had started where it fails. */
export async function startConsoleInBrowser(monthFile: string, wanted: Wanted = {}): Promise<ConsoleInBrowser> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const month = await startMonth(monthFile);
    stops.push(month.stop);
    await wanted.before?.(month.client);
    const console = await startConsoleSystem(month.url, {}, wanted);
    stops.push(console.stop);
    const browser = await startBrowser();
    stops.push(() => browser.close());
    return { console, browser, redisUrl: month.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
