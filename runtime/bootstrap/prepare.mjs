import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** The folder of the project. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const OLDEST_NODE = [20, 19];
const SOURCES = ['schemas', 'handlers', 'runtime'];
const STAMP = 'built-from';
const PAGE = join('runtime', 'console', 'page');

/** A step of the preparation failed; the message says what to do. */
export class PrepareError extends Error {}

/** Says one line to whoever is watching; never on stdout, which belongs to the command. */
export function say(line) {
  process.stderr.write(`portcullis: ${line}\n`);
}

/** Whether this is a working tree, to be installed and built; an installed package is whole as it is. */
export function isWorkingTree() {
  return existsSync(join(ROOT, 'tsconfig.json'));
}

/** Throws when this Node is too old to run the project. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new PrepareError(
    `expected Node ${OLDEST_NODE.join('.')} or newer, got ${process.versions.node}: install one from https://nodejs.org`,
  );
}

/** Installs the packages of package-lock.json when node_modules lacks one or holds another version of it. */
export function ensureModules({ dev }) {
  if (modulesAreCurrent(dev)) return;
  say('installing packages (npm ci) …');
  const npm = process.env.npm_execpath;
  const [program, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const args = [...first, 'ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error'];
  // npm's own words go to stderr.
  const result = spawnSync(program, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (result.status === 0) return;
  const why = result.error === undefined ? `exit code ${result.status}` : result.error.message;
  throw new PrepareError(`npm ci failed (${why}): see the lines above, mend it and start again`);
}

/** Compiles into dist/ when the sources are not those it was built from. The old dist/ serves until the new one is whole. */
export function ensureBuild() {
  if (buildIsCurrent()) return;
  const fresh = join(ROOT, `dist.${process.pid}`);
  say('building …');
  try {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const config = join(ROOT, 'runtime/bootstrap/tsconfig.json');
    const result = spawnSync(process.execPath, [tsc, '-p', config, '--outDir', fresh], {
      cwd: ROOT,
      stdio: ['ignore', 2, 2],
    });
    if (result.status !== 0) throw new PrepareError('the build failed: see the lines above');
    for (const file of sourceFiles().filter(isAsset)) cpSync(file, join(fresh, relative(ROOT, file)));
    buildPage(join(fresh, 'console'));
    writeFileSync(join(fresh, STAMP), sourcesDigest());
    replaceDist(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Bundles the console's page; each file lies there compressed too, as it is served. */
function buildPage(folder) {
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const config = join(ROOT, PAGE, 'vite.config.mjs');
  const args = [vite, 'build', '--config', config, '--outDir', folder, '--logLevel', 'error'];
  const result = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) throw new PrepareError("the build of the console's page failed: see the lines above");
  for (const file of readdirSync(folder, { recursive: true }).filter((name) => /\.(?:js|css|html|svg)$/.test(name))) {
    const text = readFileSync(join(folder, file));
    writeFileSync(join(folder, `${file}.gz`), gzipSync(text, { level: 9 }));
    writeFileSync(join(folder, `${file}.br`), brotliCompressSync(text));
  }
}

/** Whether dist/ was built from the sources as they are. */
export function buildIsCurrent() {
  try {
    return readFileSync(join(ROOT, 'dist', STAMP), 'utf8') === sourcesDigest();
  } catch {
    return false;
  }
}

/** npm writes this file last: an install that was cut off has none. Packages of other platforms are optional. */
function modulesAreCurrent(dev) {
  const wanted = packagesOf(join(ROOT, 'package-lock.json'));
  const present = packagesOf(join(ROOT, 'node_modules/.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || (!dev && entry.dev)) return true;
    return present[path] === undefined ? entry.optional === true : present[path].version === entry.version;
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function replaceDist(fresh) {
  const dist = join(ROOT, 'dist');
  const old = `${fresh}.old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
}

function sourcesDigest() {
  const digest = createHash('sha256');
  for (const file of [...sourceFiles(), join(ROOT, 'tsconfig.json'), join(ROOT, 'package-lock.json')]) {
    digest.update(relative(ROOT, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return digest.digest('hex');
}

function sourceFiles() {
  return SOURCES.filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** What the compiler does not carry over: data that the code reads at run time. */
function isAsset(file) {
  if (file.startsWith(join(ROOT, PAGE))) return false;
  return !['.ts', '.mjs', '.md'].includes(extname(file)) && !file.endsWith('tsconfig.json');
}
