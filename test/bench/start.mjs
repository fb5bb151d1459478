#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runInCheckout } from '../../runtime/bootstrap/checkout.mjs';
import { copyAssets, PrepareError, ROOT } from '../../runtime/bootstrap/prepare.mjs';

const DIST = 'dist.bench';
const OUT = join(ROOT, DIST);

await runInCheckout({ build: compile, dist: DIST }, async (args) => {
  const { main } = await import(join(OUT, 'test/bench/main.js'));
  return await main(args);
});
process.exit();

/** Compiles the product and its rivals alike, so that every contestant runs as plain JavaScript; `npm run check` checks the types. */
function compile() {
  rmSync(OUT, { recursive: true, force: true });
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const config = join(ROOT, 'test/bench/tsconfig.json');
  const result = spawnSync(process.execPath, [tsc, '-p', config, '--noCheck', '--outDir', OUT], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) throw new PrepareError('the bench did not compile: see the lines above');
  copyAssets(OUT, ['schemas', 'handlers', 'runtime', 'test/bench', 'test/fixtures/wire']);
}
