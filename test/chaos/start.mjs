#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runInCheckout } from '../../runtime/bootstrap/checkout.mjs';
import { ensureBuild, ROOT } from '../../runtime/bootstrap/prepare.mjs';

await runInCheckout({ build: ensureBuild, dist: 'dist' }, (args) => {
  const main = join(ROOT, 'test/chaos/main.ts');
  const result = spawnSync(process.execPath, ['--import', 'tsx', main, ...args], { cwd: ROOT, stdio: 'inherit' });
  return result.status ?? 1;
});
