import type { TestProject } from 'vitest/node';
import { findChromium } from '../support/browser.ts';
import { playMonth } from '../support/console-system.ts';
import { startRedis } from '../support/redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Redis on which the demo's month was played; empty without a browser to look at it. */
    monthUrl: string;
  }
}

/** Plays the demo's month once for all tests in a browser. */
export default async function month(project: TestProject): Promise<() => Promise<void>> {
  if (findChromium() === undefined) {
    console.warn('e2e: no chromium found (apt-get install chromium), so the console is not tested in a browser');
    project.provide('monthUrl', '');
    return async () => undefined;
  }
  const redis = await startRedis();
  await playMonth(redis.url);
  project.provide('monthUrl', redis.url);
  return redis.stop;
}
