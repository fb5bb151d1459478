#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureModules, PrepareError, ROOT, requireNode, say } from '../../runtime/bootstrap/prepare.mjs';

const OUT = join(ROOT, 'dist.bench');

try {
  requireNode();
  ensureModules({ dev: true });
  compile();
  const { main } = await import('../../dist.bench/test/bench/main.js');
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof PrepareError)) throw error;
  say(error.message);
  process.exitCode = 1;
}

/** Compiles the product and its rivals alike, so that every contestant runs as plain JavaScript. */
function compile() {
  rmSync(OUT, { recursive: true, force: true });
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const config = join(ROOT, 'test/bench/tsconfig.json');
  const result = spawnSync(process.execPath, [tsc, '-p', config, '--outDir', OUT], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) throw new PrepareError('the bench did not compile: see the lines above');
  cpSync(join(ROOT, 'test/fixtures/wire'), join(OUT, 'test/fixtures/wire'), { recursive: true });
}
