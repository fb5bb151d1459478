/**
 * The systemd units, without a systemd: they are verified, their sandbox is weighed, and `portcullis-deploy` installs,
 * upgrades, takes back and removes below a folder, and the originals' units are there again afterwards. What it
 * installed is then run with the environment that the unit
 * and the originals' files give it, and tells a socket of ours what it would tell systemd.
 * Ends with a line `N passed, N failed`.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectEqual, freePorts, step, sumUp, until } from './steps.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const UNITS = join(ROOT, 'deploy/systemd');
const GATES = ['heat-gate', 'heat-bridge', 'risk-governor', 'governor', 'feeds'];
const WORST_EXPOSURE = 2.0;
const TIMEOUT_MS = 60_000;
const LISTENER = `
import os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print('listening', flush=True)
while True:
    data, passed, _, _ = socket.recv_fds(listener, 4096, 8)
    for barrier in passed: os.close(barrier)
    print(data.decode(), flush=True)
`;

const folder = mkdtempSync(join(tmpdir(), 'portcullis-units-'));
const staged = join(folder, 'one');
const running = [];

try {
  await step('every unit is verified without a word', verify);
  await step(`no unit is exposed over ${WORST_EXPOSURE}`, exposure);
  await step('shell scripts pass shellcheck', () =>
    quiet('shellcheck', [join(ROOT, '.ci/run'), join(UNITS, 'portcullis-deploy'), join(UNITS, 'portcullis')]),
  );
  await step('a dry run changes nothing', () => {
    expectMatch(deploy(staged, 'install', '--dry-run'), /^would: build release/m);
    expectEqual(spawnSync('ls', [staged]).status !== 0, true);
  });
  await step('installs', () => deploy(staged, 'install'));
  await step('and a second time finds nothing to do', () => {
    const before = listing(staged);
    expectMatch(deploy(staged, 'install'), /nothing to restart/);
    expectEqual(listing(staged), before);
  });
  await step("runs with the originals' environment files, and tells systemd of it", runAsService);
  await step('a setting that cannot be used ends it with the code after which systemd does not try again', badSetting);
  await step('upgrades to a changed release, and goes back', upgradeAndRollBack);
  await step("installs a process for each gate under the originals' names", gateUnits);
  await step("keeps the originals' units, and puts them back", originalUnits);
  await step('uninstalls, and leaves the settings', () => {
    deploy(staged, 'uninstall');
    expectEqual(listing(staged, 'f'), './etc/quantum/portcullis.env');
  });
} finally {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
sumUp();

/** The template is verified as the instances it is made for. */
function unitFiles() {
  const target = join(folder, 'units');
  mkdirSync(target, { recursive: true });
  cpSync(UNITS, target, { recursive: true });
  for (const gate of GATES) {
    const link = join(target, `portcullis@${gate}.service`);
    rmSync(link, { force: true });
    symlinkSync('portcullis@.service', link);
  }
  return [join(target, 'portcullis.service'), ...GATES.map((gate) => join(target, `portcullis@${gate}.service`))];
}

function verify() {
  quiet('systemd-analyze', ['verify', '--man=no', ...unitFiles()]);
}

function exposure() {
  for (const unit of unitFiles()) {
    const threshold = String(WORST_EXPOSURE * 10);
    execFileSync('systemd-analyze', ['security', '--offline=yes', `--threshold=${threshold}`, unit], { stdio: 'pipe' });
  }
}

/** systemd-analyze ends with 0 on a misspelt key: any word is a failure. */
function quiet(program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0 || `${stdout}${stderr}`.trim() !== '')
    throw new Error(`${program} ${args.join(' ')}: ${status}\n${stdout}${stderr}`);
}

function deploy(root, ...args) {
  return execFileSync(join(UNITS, 'portcullis-deploy'), [...args, '--root', root], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Every path below a folder with the time of its last change, packages left out. */
function listing(root, kind) {
  const what = kind === undefined ? ['-printf', '%p %T@\\n'] : ['-type', kind, '-printf', '%p\\n'];
  return execFileSync('find', ['.', '-name', 'node_modules', '-prune', '-o', ...what], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
}

async function runAsService() {
  const [redisPort, ...ports] = await freePorts(7);
  const redis = spawn('redis-server', ['--port', String(redisPort), '--save', '', '--dir', folder], {
    stdio: 'ignore',
  });
  running.push(redis);
  const socket = join(folder, 'notify');
  const told = await listen(socket);
  const env = {
    ...unitEnvironment(),
    ...originals(),
    ...portsOf(ports),
    REDIS_PORT: String(redisPort),
    PATH: process.env.PATH,
  };
  const service = spawn(
    '/usr/bin/env',
    ['node', join(staged, 'opt/portcullis/current/runtime/bootstrap/portcullis.mjs'), 'start'],
    {
      cwd: folder,
      env: { ...env, PORTCULLIS_DATA_DIR: folder, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '3000000' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  running.push(service);
  let output = '';
  for (const stream of [service.stdout, service.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = () => service.exitCode !== null && `ended with ${service.exitCode}:\n${output}`;
  await until(() => told().includes('READY=1'), TIMEOUT_MS, ended);
  await until(() => told().split('WATCHDOG=1').length > 2, TIMEOUT_MS, ended);
  const metrics = await (await fetch(`http://127.0.0.1:${env.P26_METRICS_PORT}/metrics`)).text();
  expectMatch(metrics, /^p26_enforce_mode 0$/m);
  commandLooksWhereTheUnitsWork(redisPort);
  expectEqual(/expected/.test(output), false);
  service.kill('SIGTERM');
  const [code] = await once(service, 'exit');
  expectEqual(code, 0);
  expectMatch(told(), /STOPPING=1/);
}

function badSetting() {
  const program = join(staged, 'opt/portcullis/current/runtime/bootstrap/portcullis.mjs');
  const env = { ...unitEnvironment(), PATH: process.env.PATH, P26_MODE: 'enforced' };
  const { status, stderr } = spawnSync(process.execPath, [program, 'start'], { cwd: folder, env, encoding: 'utf8' });
  expectMatch(stderr, /^portcullis: P26_MODE: expected shadow or enforce, got "enforced"$/m);
  expectMatch(
    readFileSync(join(staged, 'etc/systemd/system/portcullis.service'), 'utf8'),
    new RegExp(`^RestartPreventExitStatus=${status}$`, 'm'),
  );
}

/** The installed command, in an environment that says nothing, finds the Redis that the files of the units name. */
function commandLooksWhereTheUnitsWork(redisPort) {
  const file = join(staged, 'etc/quantum/governor.env');
  writeFileSync(file, `REDIS_PORT=${redisPort}   # as the originals write it\n`);
  const command = join(staged, 'usr/local/bin/portcullis');
  const env = { PATH: process.env.PATH };
  const status = JSON.parse(execFileSync(command, ['status', '--json'], { cwd: folder, env, encoding: 'utf8' }));
  expectEqual(status.portfolio, 'quantum');
  rmSync(file);
}

/** Stands where systemd would; Node has no such sockets. */
async function listen(socket) {
  const listener = spawn('python3', ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(listener);
  let told = '';
  listener.stdout.on('data', (chunk) => (told += chunk));
  await until(() => told.includes('listening'), TIMEOUT_MS);
  return () => told;
}

function unitEnvironment() {
  const lines = readFileSync(join(UNITS, 'portcullis.service'), 'utf8').split('\n');
  return variables(
    lines.filter((line) => line.startsWith('Environment=')).map((line) => line.slice('Environment='.length)),
  );
}

/** As systemd reads them: what stands behind a value is part of it, comments too. */
function originals() {
  const fixtures = join(ROOT, 'test/fixtures/settings');
  const lines = readdirSync(fixtures).flatMap((name) => readFileSync(join(fixtures, name), 'utf8').split('\n'));
  return variables(lines.filter((line) => /^[A-Z]/.test(line)));
}

function variables(lines) {
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

function portsOf(ports) {
  const names = [
    'HTTP_PORT',
    'P26_METRICS_PORT',
    'P27_METRICS_PORT',
    'P27_HEALTH_PORT',
    'P28_PORT',
    'GOV_METRICS_PORT',
  ];
  return Object.fromEntries(names.map((name, at) => [name, String(ports[at])]));
}

function upgradeAndRollBack() {
  const source = join(folder, 'source');
  execFileSync('git', ['clone', '--quiet', ROOT, source]);
  const deployNew = (...args) =>
    execFileSync(join(source, 'deploy/systemd/portcullis-deploy'), [...args, '--root', staged], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  deployNew('install');
  const before = current();
  const unit = join(staged, 'etc/systemd/system/portcullis.service');
  const unitBefore = readFileSync(unit, 'utf8');
  appendFileSync(join(source, 'runtime/engine/status/types.ts'), '\nexport type Upgraded = true;\n');
  appendFileSync(join(source, 'deploy/systemd/portcullis.service'), '# upgraded\n');
  deployNew('install');
  expectEqual(current() !== before, true);
  expectMatch(readFileSync(unit, 'utf8'), /^# upgraded$/m);
  execFileSync(join(staged, 'usr/local/bin/portcullis-deploy'), ['rollback', '--root', staged], { stdio: 'pipe' });
  expectEqual(current(), before);
  expectEqual(readFileSync(unit, 'utf8'), unitBefore);
}

function current() {
  return execFileSync('readlink', [join(staged, 'opt/portcullis/current')], { encoding: 'utf8' }).trim();
}

/** The release is there already: only the units are another kind. */
function gateUnits() {
  const root = join(folder, 'gates');
  cpSync(join(staged, 'opt'), join(root, 'opt'), { recursive: true, verbatimSymlinks: true });
  deploy(root, 'install', '--units', 'gates');
  const units = join(root, 'etc/systemd/system');
  const names = readdirSync(units)
    .filter((name) => name.endsWith('.service'))
    .sort();
  expectEqual(
    names.join(' '),
    'portcullis-feeds.service quantum-governor.service quantum-heat-bridge.service quantum-portfolio-heat-gate.service quantum-portfolio-risk-governor.service',
  );
  quiet('systemd-analyze', ['verify', '--man=no', ...names.map((name) => join(units, name))]);
  expectMatch(
    readFileSync(join(units, 'quantum-portfolio-heat-gate.service'), 'utf8'),
    /^Environment=GATES=heat-gate$/m,
  );
  expectMatch(
    readFileSync(join(units, 'portcullis-feeds.service.d/http.conf'), 'utf8'),
    /^EnvironmentFile=\nEnvironmentFile=-.*\/governor\.env\nEnvironmentFile=-.*\/portcullis\.env$/m,
  );
}

/** As it is on a machine on which the originals run: a unit, and a drop-in that an operator wrote for it. */
function originalUnits() {
  const root = join(folder, 'originals');
  const system = join(root, 'etc/systemd/system');
  const unit = join(system, 'quantum-governor.service');
  const override = join(`${unit}.d`, 'override.conf');
  const unitText = '[Service]\nUser=qt\nExecStart=/usr/bin/python3 main.py\n';
  mkdirSync(`${unit}.d`, { recursive: true });
  writeFileSync(unit, unitText);
  writeFileSync(override, '[Service]\nUser=other\n');
  cpSync(join(staged, 'opt'), join(root, 'opt'), { recursive: true, verbatimSymlinks: true });
  expectMatch(deploy(root, 'install', '--dry-run'), /^would: write .*\/portcullis\.service$/m);
  deploy(root, 'install', '--units', 'gates');
  expectMatch(readFileSync(unit, 'utf8'), /^Environment=GATES=governor$/m);
  expectEqual(existsSync(override), false);
  expectMatch(deploy(root, 'install'), /nothing to restart/);
  deploy(root, 'uninstall');
  expectEqual(readFileSync(unit, 'utf8'), unitText);
  expectEqual(readFileSync(override, 'utf8'), '[Service]\nUser=other\n');
  expectEqual(
    listing(root, 'f').split('\n').sort().join(' '),
    './etc/quantum/portcullis.env ./etc/systemd/system/quantum-governor.service ./etc/systemd/system/quantum-governor.service.d/override.conf',
  );
}

function expectMatch(text, pattern) {
  if (!pattern.test(text)) throw new Error(`expected ${pattern}, got:\n${text}`);
}
