#!/usr/bin/env node
import { join } from 'node:path';
import { runInCheckout, runNode } from './checkout.mjs';
import { ensureBuild, ROOT } from './prepare.mjs';

/** Runs everything with this; without it all but the slow tests. */
const ALL = '--all';

await runInCheckout({ build: ensureBuild, dist: 'dist' }, (args) => {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const left = args.includes(ALL) ? [] : ['--project=!slow'];
  return runNode([vitest, 'run', ...left, ...args.filter((arg) => arg !== ALL)]);
});
