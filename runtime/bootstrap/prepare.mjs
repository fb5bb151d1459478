import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** The folder of the project. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const OLDEST_NODE = [20, 19];
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'];
const INTERRUPTED = 130;
const SOURCES = ['schemas', 'handlers', 'runtime'];
const STAMP = 'built-from';
const PAGE = join('runtime', 'doors', 'page');

/** A step of the preparation failed; the message says what to do. */
export class PrepareError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

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
export async function ensureModules({ dev }) {
  if (modulesAreCurrent(dev)) return;
  say('installing packages (npm ci) …');
  const failure = await failureOfNpm('ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error');
  if (failure === undefined) return;
  throw new PrepareError(`npm ci failed (${failure}): see the lines above, mend it and start again`);
}

/** Runs the npm that runs this, or the one on the PATH; answers why it failed, if it did. */
export async function failureOfNpm(...args) {
  const npm = process.env.npm_execpath;
  const [program, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  return await failureOf(program, [...first, ...args]);
}

/**
 * Runs a tool of the preparation, its words on stderr; answers why it failed, if it did. Ctrl-C ends it at once: npm
 * goes on for half a minute after one, and a start in that time would meet it in node_modules.
 */
async function failureOf(program, args) {
  const tool = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  let stopped = false;
  const stop = () => {
    stopped = true;
    tool.kill('SIGKILL');
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  const failure = await new Promise((resolve) => {
    tool.once('error', (error) => resolve(error.message));
    tool.once('exit', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  });
  for (const signal of STOP_SIGNALS) process.off(signal, stop);
  if (stopped) throw new PrepareError('stopped; the next start goes on from here', INTERRUPTED);
  return failure;
}

/** Compiles into dist/ when the sources are not those it was built from. The old dist/ serves until the new one is whole. */
export async function ensureBuild() {
  if (buildIsCurrent()) return;
  const fresh = join(ROOT, `dist.${process.pid}`);
  say('building …');
  try {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const config = join(ROOT, 'runtime/bootstrap/tsconfig.json');
    const failure = await failureOf(process.execPath, [tsc, '-p', config, '--outDir', fresh]);
    if (failure !== undefined) throw new PrepareError(`the build failed (${failure}): see the lines above`);
    copyAssets(fresh);
    await buildPage(join(fresh, 'console'));
    writeFileSync(join(fresh, STAMP), sourcesDigest());
    writeFileSync(join(fresh, 'commit'), commitOfSources());
    replaceDist(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Bundles the console's page; each file lies there compressed too, as it is served. */
async function buildPage(folder) {
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const config = join(ROOT, PAGE, 'vite.config.mjs');
  const args = [vite, 'build', '--config', config, '--outDir', folder, '--logLevel', 'error'];
  const failure = await failureOf(process.execPath, args);
  if (failure !== undefined) throw new PrepareError(`the build of the console's page failed (${failure}): see above`);
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

/** The commit of the sources, where something says it: `PORTCULLIS_COMMIT`, else git, `-dirty` behind what has changes. */
function commitOfSources() {
  const told = process.env.PORTCULLIS_COMMIT;
  if (told) return told;
  if (!existsSync(join(ROOT, '.git'))) return 'unknown';
  const git = spawnSync('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return git.status === 0 ? git.stdout.trim() : 'unknown';
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

function sourceFiles(folders = SOURCES) {
  return folders
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Puts what the compiler does not carry over, scripts and data that the code reads at run time, beside what it made. */
export function copyAssets(out, folders = SOURCES) {
  for (const file of sourceFiles(folders).filter(isAsset)) cpSync(file, join(out, relative(ROOT, file)));
}

function isAsset(file) {
  if (file.startsWith(join(ROOT, PAGE))) return false;
  return !['.ts', '.mjs', '.md'].includes(extname(file)) && !file.endsWith('tsconfig.json');
}
