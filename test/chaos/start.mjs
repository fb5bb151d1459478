#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensureBuild, ensureModules, PrepareError, ROOT, requireNode, say } from '../../runtime/bootstrap/prepare.mjs';

try {
  requireNode();
  ensureModules({ dev: true });
  ensureBuild();
  process.exitCode = await runChaos(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof PrepareError) && error?.name !== 'RedisProblem') throw error;
  say(error.message);
  process.exitCode = error.exitCode ?? 1;
}

/** Runs the suite with a `redis-server` on its PATH, whatever the server of this machine is called. */
async function runChaos(args) {
  const { findOrInstallServer } = await import('../../dist/runtime/embedded/install.js');
  const searchPath = (process.env.PATH ?? '').split(delimiter);
  const server = await findOrInstallServer({ searchPath, mayInstall: process.env.PORTCULLIS_NO_INSTALL !== '1' }, say);
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-path-'));
  try {
    symlinkSync(server.path, join(folder, 'redis-server'));
    const env = { ...process.env, PATH: [...searchPath, folder].join(delimiter) };
    const main = join(ROOT, 'test/chaos/main.ts');
    const result = spawnSync(process.execPath, ['--import', 'tsx', main, ...args], {
      cwd: ROOT,
      env,
      stdio: 'inherit',
    });
    return result.status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
