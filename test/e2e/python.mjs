/**
 * What somebody does with the Python package: builds it with Debian's tools, installs the wheel, and runs its tests and the
 * quick start of docs/python.md against a system that runs. Needs python3-redis, python3-setuptools, python3-wheel and
 * python3-installer. Ends with a line `N passed, N failed`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectEqual, ownEnvironment, step, sumUp, until } from './steps.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = join(ROOT, 'runtime/bootstrap/portcullis.mjs');
const PACKAGE = join(ROOT, 'runtime/doors/client/python');
/** Debian's, the one that its packages belong to. */
const PYTHON = '/usr/bin/python3';
const ADAPTERS = ['ccxt', 'freqtrade', 'hummingbot.py', 'nautilus.py', 'jesse.py'];
const ADMIN_TOKEN = 'an-operator-of-this-test';
const TREND_TOKEN = 'a-strategy-of-this-test';
const CALM = {
  GOV_SYMBOL_COOLDOWN_SECONDS: '0',
  GOV_MAX_EXEC_PER_HOUR: '5000',
  GOV_MAX_EXEC_PER_5MIN: '5000',
  GOV_STATE_MAX_AGE_SEC: '86400',
};

const folder = mkdtempSync(join(tmpdir(), 'portcullis-python-'));
const site = join(folder, 'site');
const env = {
  ...(await ownEnvironment(join(folder, 'data'))),
  ...CALM,
  ADMIN_TOKEN,
  TREND_TOKEN,
  TRADER_TOKENS: `trend:${TREND_TOKEN}`,
  PYTHONPATH: site,
  PYTHONDONTWRITEBYTECODE: '1',
};
let system;

try {
  await step('a wheel and a source distribution are built', build);
  await step('the wheel is installed, with its types, and brings nothing else', install);
  await step('it and its adapters are imported without redis-py and any framework', () => {
    const adapters = ADAPTERS.map((name) => `portcullis_gate.${name.replace('.py', '')}`).join(', ');
    const blocked = `import sys; sys.modules["redis"] = None; import ${adapters}; print(portcullis_gate.__version__)`;
    expectEqual(python(['-c', blocked]).trim(), '0.1.0');
  });
  const begun = performance.now();
  await step('a system runs', start);
  await step('the quick start of docs/python.md gets its first permit and its first refusal', () => quickStart(begun));
  await step('its tests pass over HTTP and Redis, none left out', test);
} finally {
  if (system?.exitCode === null) {
    system.kill('SIGTERM');
    await Promise.race([once(system, 'exit'), new Promise((done) => setTimeout(done, 15_000).unref())]);
  }
  rmSync(folder, { recursive: true, force: true });
}
sumUp();

function build() {
  const source = join(folder, 'source');
  cpSync(PACKAGE, source, { recursive: true });
  const make = 'import setuptools.build_meta as b; print(b.build_wheel("dist")); print(b.build_sdist("dist"))';
  mkdirSync(join(source, 'dist'));
  python(['-c', make], { cwd: source });
  expectEqual(readdirSync(join(source, 'dist')).length, 2);
  const [sources] = readdirSync(join(source, 'dist')).filter((name) => name.endsWith('.tar.gz'));
  const packed = execFileSync('tar', ['-tzf', join(source, 'dist', sources)], { encoding: 'utf8' });
  for (const name of ADAPTERS) expectEqual(packed.includes(`/portcullis_gate/${name}`), true);
}

function install() {
  const wheel = readdirSync(join(folder, 'source/dist')).find((name) => name.endsWith('.whl'));
  const installer = ['-m', 'installer', '--destdir', join(folder, 'root'), '--no-compile-bytecode'];
  python([...installer, join(folder, 'source/dist', wheel)]);
  const [installed] = readdirSync(join(folder, 'root'), { recursive: true, withFileTypes: true }).filter(
    ({ name }) => name === 'portcullis_gate',
  );
  cpSync(installed.parentPath ?? installed.path, site, { recursive: true });
  const names = readdirSync(site).filter((name) => !name.endsWith('.dist-info'));
  expectEqual(names.join(), 'portcullis_gate');
  const packed = readdirSync(join(site, 'portcullis_gate'));
  for (const name of ['py.typed', ...ADAPTERS]) expectEqual(packed.includes(name), true);
}

async function start() {
  let output = '';
  system = spawn(process.execPath, [PROGRAM, 'start'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [system.stdout, system.stderr]) stream.on('data', (chunk) => (output += chunk));
  await until(
    async () => (await fetch(`http://127.0.0.1:${env.HTTP_PORT}/readyz`).catch(() => ({}))).ok === true,
    60_000,
    () => system.exitCode !== null && `it ended with ${system.exitCode}:\n${output}`,
  );
  env.REDIS_URL = readFileSync(join(folder, 'data/redis.url'), 'utf8').trim();
  env.PORTCULLIS_URL = `http://127.0.0.1:${env.HTTP_PORT}`;
  const state = ['equity_usd', '10000', 'positions_count', '0', 'timestamp', String(Math.floor(Date.now() / 1000))];
  execFileSync(process.execPath, [PROGRAM, 'redis-cli', 'HSET', 'quantum:state:portfolio', ...state], { env });
}

function test() {
  const said = python(['-m', 'unittest', 'discover', '-s', join(PACKAGE, 'tests')], { stderr: true });
  if (!/^OK$/m.test(said)) throw new Error(said);
  console.log(said.split('\n').find((line) => line.startsWith('Ran ')));
}

/** As printed, but for the port; `begun` is when the system was started, ms. Two minutes are promised: the figure is for people. */
function quickStart(begun) {
  const [, program = ''] = /```python\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/python.md'), 'utf8')) ?? [];
  writeFileSync(join(folder, 'bot.py'), program.replace('http://127.0.0.1:8040', env.PORTCULLIS_URL));
  const said = python(['bot.py'], { cwd: folder });
  const wanted = /^place the order \S+ 0\.5\nnot now: .*\$200.* - the largest that passes: 1\.333\d+\n$/;
  if (!wanted.test(said)) throw new Error(`expected ${wanted}, got\n${said}`);
  const tookSec = (performance.now() - begun) / 1000;
  console.log(`from the start to the first permit and the first refusal: ${tookSec.toFixed(1)} s`);
}

/** What Python said; what it says where it fails is the error. */
function python(args, { cwd = folder, stderr = false } = {}) {
  const command = [PYTHON, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  try {
    return execFileSync('sh', ['-c', stderr ? `${command} 2>&1` : command], {
      cwd,
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    throw new Error(`${error.message}\n${error.stdout}${error.stderr}`);
  }
}
