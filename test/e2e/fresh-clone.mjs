/**
 * What a stranger does: clones the last commit, runs `npm start` with nothing else on the machine, thinks better of it and
 * runs it again at once, sends one proposal
 * with npx portcullis redis-cli, has the system prove itself, stops everything with Ctrl-C, and starts again. Ends with a line `N passed, N failed`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expectEqual, ownEnvironment, step, sumUp, until } from './steps.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const START_TIMEOUT_MS = 300_000;
const ANSWER_TIMEOUT_MS = 20_000;
const PROOF_TIMEOUT_MS = 180_000;

const folder = mkdtempSync(join(tmpdir(), 'portcullis-clone-'));
const clone = join(folder, 'portcullis');
const env = await ownEnvironment(join(folder, 'data'));
let running;

try {
  await step('clones the last commit', () => execFileSync('git', ['clone', '--quiet', ROOT, clone]));
  await step('Ctrl-C while npm start installs packages ends all of it', stopWhileInstalling);
  await step('npm start brings everything up', start);
  await step('is ready', () => ready());
  await step('a proposal is calibrated by the heat of the book', proposal);
  await step('portcullis prove passes, and leaves nothing', proof);
  await step('Ctrl-C ends it with exit code 0 and leaves no Redis', stop);
  await step('the next start is up', start);
  await step('and finds its data', () => expectEqual(redis('XLEN', 'quantum:stream:harvest.calibrated'), '1'));
  await step('Ctrl-C ends it again', stop);
} finally {
  if (running?.exitCode === null && running.signalCode === null) process.kill(-running.pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
sumUp();

/** npm itself goes on for a while after a Ctrl-C: a start that meets it in node_modules would fail. */
async function stopWhileInstalling() {
  const child = spawn('npm', ['start'], { cwd: clone, env, detached: true, stdio: 'ignore' });
  await until(() => existsSync(join(clone, 'node_modules')), START_TIMEOUT_MS);
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGINT');
  await Promise.race([ended, wait(ANSWER_TIMEOUT_MS).then(() => Promise.reject(new Error('no end within 20 s')))]);
  expectEqual(groupIsThere(child.pid), false);
}

function groupIsThere(id) {
  try {
    return process.kill(-id, 0);
  } catch {
    return false;
  }
}

async function start() {
  let output = '';
  running = spawn('npm', ['start'], { cwd: clone, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [running.stdout, running.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-20_000);
    });
  }
  await until(
    () => output.includes('Ctrl-C stops everything'),
    START_TIMEOUT_MS,
    () => running.exitCode !== null && `npm start ended with exit code ${running.exitCode}:\n${output}`,
  ).catch((error) => {
    throw new Error(`${error.message}\n${output}`);
  });
}

async function ready() {
  await until(async () => (await fetch(`http://127.0.0.1:${env.HTTP_PORT}/readyz`)).status === 200, ANSWER_TIMEOUT_MS);
}

/** The worked case of the contract, §1: 1800 × 0.15 at an equity of 10000 is 0.027, COLD. */
async function proposal() {
  const now = String(Math.floor(Date.now() / 1000));
  redis('HSET', 'quantum:state:portfolio', 'equity_usd', '10000', 'timestamp', now);
  redis(
    'XADD',
    'quantum:stream:position.snapshot',
    '*',
    'symbol',
    'ETHUSDT',
    'position_notional_usd',
    '1800',
    'sigma',
    '0.15',
  );
  redis('XADD', 'quantum:stream:harvest.proposal', '*', 'plan_id', 'p1', 'symbol', 'ETHUSDT', 'action', 'FULL_CLOSE');
  await until(() => redis('XLEN', 'quantum:stream:harvest.calibrated') === '1', ANSWER_TIMEOUT_MS);
  const entry = redis('XRANGE', 'quantum:stream:harvest.calibrated', '-', '+').split('\n');
  expectEqual(entry[entry.indexOf('calibrated_action') + 1], 'PARTIAL_25');
  expectEqual(entry[entry.indexOf('heat_value') + 1], '0.027');
  await until(() => redis('EXISTS', 'quantum:harvest:heat:by_plan:p1') === '1', ANSWER_TIMEOUT_MS);
}

/** Every line of the checklist, on a scratch portfolio of the system that runs. */
function proof() {
  const program = join(clone, 'runtime/bootstrap/portcullis.mjs');
  try {
    execFileSync(process.execPath, [program, 'prove'], {
      cwd: clone,
      env,
      encoding: 'utf8',
      timeout: PROOF_TIMEOUT_MS,
    });
  } catch (error) {
    throw new Error(`prove ended with ${error.status ?? error.code}:\n${error.stdout}${error.stderr}`);
  }
  expectEqual(redis('--scan', '--pattern', '*prove*'), '');
}

/** A terminal sends Ctrl-C to the whole process group. */
async function stop() {
  const ended = once(running, 'exit');
  process.kill(-running.pid, 'SIGINT');
  const [code, signal] = await Promise.race([ended, wait(ANSWER_TIMEOUT_MS, ['no end', 'within 20 s'])]);
  expectEqual(`${code} ${signal}`, '0 null');
  expectEqual(redisAnswers(), false);
}

function redis(...args) {
  const output = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };
  return execFileSync('npx', ['portcullis', 'redis-cli', ...args], { cwd: clone, env, ...output }).trim();
}

function redisAnswers() {
  try {
    return redis('PING') === 'PONG';
  } catch {
    return false;
  }
}
