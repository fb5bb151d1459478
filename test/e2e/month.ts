import type { TestProject } from 'vitest/node';
import { findChromium } from '../support/browser.ts';
import { playMonth } from '../support/console-system.ts';
import { keepMonth } from '../support/month-redis.ts';
import { startRedis } from '../support/redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The file with the demo's month; empty without a browser to look at it. */
    monthFile: string;
  }
}

/** Plays the demo's month once for all tests in a browser, each of which begins with a copy of it. */
export default async function month(project: TestProject): Promise<() => Promise<void>> {
  if (findChromium() === undefined) {
    console.warn('e2e: no chromium found (apt-get install chromium), so the console is not tested in a browser');
    project.provide('monthFile', '');
    return async () => undefined;
  }
  const redis = await startRedis();
  await playMonth(redis.url);
  project.provide('monthFile', await keepMonth(redis.client));
  return redis.stop;
}
