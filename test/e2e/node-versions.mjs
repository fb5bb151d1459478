/**
 * Another Node version that is supported, out of the package registry into a temporary folder: the unit tests, and
 * gates, client and command line on a real Redis. The newest one; with `--all` each but the running one. Needs a
 * redis-server on the PATH. A version has eight minutes. Ends with a line `N passed, N failed`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { step, sumUp } from './steps.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OTHERS = [20, 22, 24].filter((major) => major !== Number(process.versions.node.split('.')[0]));
const MAJORS = process.argv.includes('--all') ? OTHERS : OTHERS.slice(-1);
const TIMEOUT_MS = 480_000;
const ON_REDIS = ['heat', 'governor', 'risk-governor', 'client', 'cli-process'];

const folder = mkdtempSync(join(tmpdir(), 'portcullis-node-'));
try {
  for (const major of MAJORS) {
    let node;
    const deadlineMs = Date.now() + TIMEOUT_MS;
    await step(`Node ${major} is there`, () => {
      node = installed(major);
    });
    await step(`Node ${major}: unit tests`, () => tests(node, deadlineMs, ['--project', 'unit']));
    await step(`Node ${major}: on a real Redis`, () =>
      tests(node, deadlineMs, [
        '--project',
        'integration',
        ...ON_REDIS.map((name) => `test/integration/${name}.test.ts`),
      ]),
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
sumUp();

function installed(major) {
  const name = `node-${process.platform}-${process.arch}`;
  const prefix = join(folder, String(major));
  const options = ['--prefix', prefix, '--no-save', '--no-fund', '--no-audit', '--loglevel=error'];
  execFileSync('npm', ['install', ...options, `${name}@${major}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const node = join(prefix, 'node_modules', name, 'bin/node');
  console.log(execFileSync(node, ['--version'], { encoding: 'utf8' }).trim());
  return node;
}

function tests(node, deadlineMs, which) {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) };
  const timeout = Math.max(1, deadlineMs - Date.now());
  const result = spawnSync(node, [vitest, 'run', ...which], { cwd: ROOT, env, timeout, encoding: 'utf8' });
  if (result.status === 0) return;
  const why = result.error === undefined ? `exit code ${result.status}` : `not done within ${TIMEOUT_MS / 1000} s`;
  throw new Error(`${why}\n${`${result.stdout}${result.stderr}`.slice(-6_000)}`);
}
