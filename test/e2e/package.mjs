/**
 * What somebody does who has nothing but the package: installs it in an empty folder, starts it, and runs the strategies
 * of docs/examples/ against it, in TypeScript over the client and in Python over redis-py. Needs python3 and
 * python3-redis. Ends with a line `N passed, N failed`.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expectEqual, ownEnvironment, step, sumUp, until } from './steps.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
/** Debian's, the one that python3-redis belongs to. */
const PYTHON = '/usr/bin/python3';
const START_TIMEOUT_MS = 60_000;
const ANSWER_TIMEOUT_MS = 20_000;
/** What a strategy may bring besides the newest ioredis: a version under a name of its own, and its options. */
const CONNECTIONS = [
  ['ioredis5@npm:ioredis@5'],
  ['ioredis6@npm:ioredis@6'],
  ['ioredis6@npm:ioredis@6', '{ protocol: 2 }'],
  ['ioredis6@npm:ioredis@6', "{ replyMapping: 'resp3' }"],
];
/** The strategies trade the same symbols, one right after the other. */
const SAME_SYMBOLS_AGAIN = { GOV_SYMBOL_COOLDOWN_SECONDS: '0' };
const EXPECTED_LINES = [
  /^proposed \d+-\d+$/m,
  /^exit: ETHUSDT FULL_CLOSE becomes PARTIAL_25 \(fail_closed_no_positions\)$/m,
  /^permit taken: (?:SOLUSDT 1|ADAUSDT 100)$/m,
  /^reported: executed (?:f|F)alse$/m,
  /^refused: BLOCK notional_per_trade_exceeded/m,
];

const folder = mkdtempSync(join(tmpdir(), 'portcullis-package-'));
const project = join(folder, 'project');
const program = join(project, 'node_modules/.bin/portcullis');
const installed = join(project, 'node_modules/portcullis');
const env = { ...(await ownEnvironment(join(folder, 'data'))), ...SAME_SYMBOLS_AGAIN };
let running;
let before;

try {
  await step('npm run package makes a package', pack);
  await step('and npm pack, which would leave out what was tested, does not', refuse);
  await step('which is installed in an empty folder under engine-strict, without a warning', install);
  await step('with exactly the packages that were tested', () => expectEqual(brought(), tested()));
  await step('without the tools it was built with', () => {
    for (const tool of ['typescript', 'vitest', 'tsx'])
      expectEqual(existsSync(join(project, 'node_modules', tool)), false);
    for (const source of ['schemas', 'handlers', 'test']) expectEqual(existsSync(join(installed, source)), false);
  });
  await step('says its version', () => expectEqual(run(program, ['--version']), MANIFEST.version));
  await step('starts, and brings everything up', start);
  await step('is ready', () =>
    until(async () => (await fetch(`http://127.0.0.1:${env.HTTP_PORT}/readyz`)).status === 200, ANSWER_TIMEOUT_MS),
  );
  await step('the TypeScript example is compiled against its types and gets its decisions', typescriptExample);
  for (const connection of CONNECTIONS) {
    await step(`and the same over ${connection.join(' ')}`, () => exampleOver(...connection));
  }
  await step('the Python example gets the same ones', pythonExample);
  await step('the installed command shows them', () => {
    const status = JSON.parse(run(program, ['status', '--json']));
    expectEqual(status.decisions.length > 0, true);
  });
  await step('nothing was built or installed in the package', () => expectEqual(listing(), before));
  await step('Ctrl-C ends it with exit code 0', stop);
} finally {
  if (running?.exitCode === null && running.signalCode === null) process.kill(-running.pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
sumUp();

function pack() {
  execFileSync('npm', ['run', '--silent', '--prefix', ROOT, 'package'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

function refuse() {
  const { status, stderr } = spawnSync('npm', ['pack', '--pack-destination', project], { cwd: ROOT, encoding: 'utf8' });
  if (status === 0 || !stderr.includes('expected npm run package'))
    throw new Error(`npm pack: exit ${status}\n${stderr}`);
}

/** As a user does who wants to be warned; what npm says of this machine's own settings is not of the package. */
function install() {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true, "type": "module" }\n');
  const tarball = join(folder, `portcullis-${MANIFEST.version}.tgz`);
  const options = ['--no-fund', '--no-audit', '--engine-strict', '--strict-allow-scripts', '--loglevel=warn'];
  const { status, stderr } = spawnSync('npm', ['install', ...options, tarball, 'ioredis'], {
    cwd: project,
    env,
    encoding: 'utf8',
  });
  const said = stderr.split('\n').filter((line) => line !== '' && !/^npm warn Unknown (?:user|env) config/.test(line));
  if (status !== 0 || said.length > 0) throw new Error(`npm install: exit ${status}\n${said.join('\n')}`);
  before = listing();
}

/** Path and version of every package inside the installed one. */
function brought() {
  return versions(join(project, 'node_modules/.package-lock.json'), /^node_modules\/portcullis\/(?=node_modules\/)/);
}

/** Those of the lock file that it needs to run, but the one whose install script is denied; with it goes what only that one needs. */
function tested() {
  return versions(join(ROOT, 'package-lock.json'), /^(?=node_modules\/)/)
    .split('\n')
    .filter((line) => !/msgpackr-extract|node-gyp-build-optional-packages|@typescript\//.test(line))
    .join('\n');
}

function versions(lock, prefix) {
  return Object.entries(JSON.parse(readFileSync(lock, 'utf8')).packages)
    .filter(([path, { dev, devOptional }]) => prefix.test(path) && !dev && !devOptional)
    .map(([path, { version }]) => `${path.replace(prefix, '')} ${version}`)
    .sort()
    .join('\n');
}

/** Every file of the installed package. */
function listing() {
  return readdirSync(installed, { recursive: true }).sort().join('\n');
}

async function start() {
  let output = '';
  running = spawn(program, ['start'], { cwd: project, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [running.stdout, running.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-20_000);
    });
  }
  await until(
    () => output.includes('Ctrl-C stops everything'),
    START_TIMEOUT_MS,
    () => running.exitCode !== null && `portcullis start ended with exit code ${running.exitCode}`,
  ).catch((error) => {
    throw new Error(`${error.message}\n${output}`);
  });
}

function typescriptExample() {
  cpSync(join(ROOT, 'docs/examples/strategy.ts'), join(project, 'strategy.ts'));
  const options = ['--strict', '--target', 'es2023', '--module', 'nodenext', '--types', 'node'];
  const types = ['--typeRoots', join(ROOT, 'node_modules/@types')];
  run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...options, ...types, 'strategy.ts']);
  expectDecisions(run(process.execPath, ['strategy.js']));
}

/** The compiled example over another version, with options of its own. */
function exampleOver(version, options) {
  const [name] = version.split('@');
  run('npm', ['install', '--no-fund', '--no-audit', '--loglevel=error', version]);
  const source = readFileSync(join(project, 'strategy.js'), 'utf8').replace("from 'ioredis'", `from '${name}'`);
  const connected = options === undefined ? source : source.replaceAll('new Redis(url)', `new Redis(url, ${options})`);
  writeFileSync(join(project, 'other.js'), connected);
  expectDecisions(run(process.execPath, ['other.js']));
}

function pythonExample() {
  cpSync(join(ROOT, 'docs/examples/strategy.py'), join(project, 'strategy.py'));
  expectDecisions(run(PYTHON, ['strategy.py']));
}

/** Runs a program in the project, with the running Redis; what it printed. The account is flat, and known to be. */
function run(command, args) {
  let url = '';
  if (running !== undefined) {
    url = readFileSync(join(env.PORTCULLIS_DATA_DIR, 'redis.url'), 'utf8').trim();
    const state = ['equity_usd', '10000', 'positions_count', '0', 'timestamp', String(Math.floor(Date.now() / 1000))];
    execFileSync(program, ['redis-cli', 'HSET', 'quantum:state:portfolio', ...state], { cwd: project, env });
  }
  try {
    const output = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };
    return execFileSync(command, args, { cwd: project, env: { ...env, REDIS_URL: url }, ...output }).trim();
  } catch (error) {
    throw new Error(`${error.message}\n${error.stdout ?? ''}`);
  }
}

function expectDecisions(output) {
  for (const line of EXPECTED_LINES) {
    if (!line.test(output)) throw new Error(`expected ${line} in:\n${output}`);
  }
}

/** A terminal sends Ctrl-C to the whole process group. */
async function stop() {
  const ended = once(running, 'exit');
  process.kill(-running.pid, 'SIGINT');
  const [code, signal] = await Promise.race([ended, wait(ANSWER_TIMEOUT_MS, ['no end', 'within 20 s'])]);
  expectEqual(`${code} ${signal}`, '0 null');
}
