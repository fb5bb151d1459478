#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runInCheckout } from './checkout.mjs';
import { ensureBuild, ROOT } from './prepare.mjs';

await runInCheckout({ build: ensureBuild, dist: 'dist' }, (args) => {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const result = spawnSync(process.execPath, [vitest, 'run', ...args], { cwd: ROOT, stdio: 'inherit' });
  return result.status ?? 1;
});
