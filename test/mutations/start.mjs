#!/usr/bin/env node
import { join } from 'node:path';
import { runInCheckout, runNode } from '../../runtime/bootstrap/checkout.mjs';
import { ensureBuild, ROOT } from '../../runtime/bootstrap/prepare.mjs';

await runInCheckout({ build: ensureBuild, dist: 'dist' }, (args) => {
  const main = join(ROOT, 'test/mutations/main.ts');
  return runNode(['--import', 'tsx', main, ...args]);
});
