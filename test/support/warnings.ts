import { afterAll, afterEach, expect } from 'vitest';

/** What Node warns of that says nothing of this program. */
const OF_NODE = 'ExperimentalWarning';
const HEARD = Symbol.for('portcullis.warnings');

/** One list a process, however many test files it runs, each with modules of its own. */
function warningsOf(process: NodeJS.Process & { [HEARD]?: Error[] }): Error[] {
  if (process[HEARD] !== undefined) return process[HEARD];
  const heard: Error[] = [];
  process[HEARD] = heard;
  process.on('warning', (warning) => {
    if (warning.name !== OF_NODE) heard.push(warning);
  });
  return heard;
}

const warnings = warningsOf(process);

/** A warning is told when the turn of the event loop that it comes from is over. */
async function expectNone(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings.splice(0).map(({ stack }) => stack)).toEqual([]);
}

afterEach(expectNone);
afterAll(expectNone);
