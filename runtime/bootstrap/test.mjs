#!/usr/bin/env node
import { join } from 'node:path';
import { runInCheckout, runNode } from './checkout.mjs';
import { ensureBuild, ROOT } from './prepare.mjs';

await runInCheckout({ build: ensureBuild, dist: 'dist' }, (args) => {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  return runNode([vitest, 'run', ...args]);
});
