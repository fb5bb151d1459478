import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensureModules, PrepareError, ROOT, requireNode, say } from './prepare.mjs';

/**
 * Sets up what a command of a checkout needs: modules, then what `build` makes; then runs it with a `redis-server` on its
 * PATH, whatever the server of this machine is called. `dist` is the folder that `build` compiles to; the exit code is
 * what `run` gives.
 */
export async function runInCheckout({ build, dist }, run) {
  try {
    requireNode();
    await ensureModules({ dev: true });
    await build();
    process.exitCode = await withServerOnPath(dist, run);
  } catch (error) {
    if (!(error instanceof PrepareError) && error?.name !== 'RedisProblem') throw error;
    say(error.message);
    process.exitCode = error.exitCode;
  }
}

async function withServerOnPath(dist, run) {
  const { findOrInstallServer } = await import(join(ROOT, dist, 'runtime/redis/embedded/install.js'));
  const searchPath = (process.env.PATH ?? '').split(delimiter);
  const server = await findOrInstallServer({ searchPath, mayInstall: process.env.PORTCULLIS_NO_INSTALL !== '1' }, say);
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-path-'));
  try {
    symlinkSync(server.path, join(folder, 'redis-server'));
    process.env.PATH = [...searchPath, folder].join(delimiter);
    return await run(process.argv.slice(2));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs Node in the checkout until it ends, and answers with its exit code. A SIGTERM is its to answer; Ctrl-C reaches it by itself. */
export async function runNode(args) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGINT', () => undefined);
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
