#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensureModules, PrepareError, ROOT, requireNode, say } from '../../runtime/bootstrap/prepare.mjs';

const OUT = join(ROOT, 'dist.bench');

try {
  requireNode();
  ensureModules({ dev: true });
  compile();
  process.exit(await bench(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof PrepareError) && error?.name !== 'RedisProblem') throw error;
  say(error.message);
  process.exitCode = error.exitCode ?? 1;
}

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
  cpSync(join(ROOT, 'test/fixtures/wire'), join(OUT, 'test/fixtures/wire'), { recursive: true });
}

/** Measures with a `redis-server` on its PATH, whatever the server of this machine is called. */
async function bench(args) {
  const { findOrInstallServer } = await import('../../dist.bench/runtime/embedded/install.js');
  const { main } = await import('../../dist.bench/test/bench/main.js');
  const searchPath = (process.env.PATH ?? '').split(delimiter);
  const server = await findOrInstallServer({ searchPath, mayInstall: process.env.PORTCULLIS_NO_INSTALL !== '1' }, say);
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-path-'));
  try {
    symlinkSync(server.path, join(folder, 'redis-server'));
    process.env.PATH = [...searchPath, folder].join(delimiter);
    return await main(args);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
