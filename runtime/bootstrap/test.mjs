#!/usr/bin/env node
import { join } from 'node:path';
import { runInCheckout, runNode } from './checkout.mjs';
import { ensureBuild, ROOT } from './prepare.mjs';

/** Runs every project with this; without it those that are quick. */
const ALL = '--all';
const QUICK = ['--project=unit', '--project=integration'];

await runInCheckout({ build: ensureBuild, dist: 'dist' }, (args) => {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const projects = args.includes(ALL) ? [] : QUICK;
  return runNode([vitest, 'run', ...projects, ...args.filter((arg) => arg !== ALL)]);
});
