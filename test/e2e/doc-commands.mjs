/**
 * Types every command of the pages, as they are printed, against a system that runs: each must be known, end as it
 * should, and print something of the shape that the page shows. What cannot run here is declared below with a reason.
 * With an argument only the pages whose names have it. Ends with a line `N passed, N failed`.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandsOf, missingIn } from './page-commands.mjs';
import { ownEnvironment, step, sumUp, until } from './steps.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = join(ROOT, 'runtime/bootstrap/portcullis.mjs');
const TREND_TOKEN = 'a-strategy-of-the-pages';
const TOKENS = {
  ADMIN_TOKEN: 'an-operator-of-the-pages',
  VIEWER_TOKEN: 'a-viewer-of-the-pages',
  TRADER_TOKENS: `trend:${TREND_TOKEN}`,
  TREND_TOKEN,
};

/** Commands that are not typed, and why. The first that matches counts. */
const NOT_TYPED = [
  [
    /^(?:\S+=\S+ )*npm |npx portcullis (?:start|exchange)|^portcullis (?:start|exchange|demo)/,
    'starts or installs a system: fresh-clone.mjs, package.mjs, demo',
  ],
  [
    /docker|kubectl|^cd |systemctl|journalctl|portcullis-deploy|promtool|^openssl|=\$\(openssl|^git /,
    'needs containers, a cluster or systemd: manifests.mjs, systemd.mjs, prometheus rules',
  ],
  [
    /etc\/quantum|^export REDIS_URL|rediss:|redis\+cluster|BINANCE|--cluster|-c CLUSTER/,
    "needs another machine's files, servers or keys",
  ],
  [
    /SHUTDOWN|ACL SETUSER|^redis-server|--rdb|redis-check|^cp |"\$BACKUP"/,
    'ends or copies the server: test/integration/restore.test.ts',
  ],
  [
    /--portfolio demo|fund-b|\bdemo:/,
    'speaks of a portfolio of the demo, or of several: test/integration/demo.test.ts, portfolios.test.ts',
  ],
  [
    /may-2021|klines|--run |--proposals |\.json(?:l|\b)|decisions-2026|--file|--candles candles\.csv/,
    'reads files that the page describes: test/integration/replay-candles.test.ts, report.test.ts, test/runtime/desk/risk.test.ts',
  ],
  [
    /\bactivate\b|v1\/activate|inject_portfolio_state/,
    'needs days of evidence, or the test mode: test/integration/activation.test.ts, http.test.ts',
  ],
  [/portcullis mcp/, 'speaks to a client: test/integration/mcp/process.test.ts'],
  [/prove(?! --only P2\.8)/, 'takes minutes in all: fresh-clone.mjs, test/slow/prove.test.ts'],
  [
    /my_executor ID$|\bHASH\b|1717000000000-0|\$\(cat|drawdown(?: 12|-gate)|entry\.(?:proposal|judged)/,
    'names what only its own story has',
  ],
  [/< commands\.txt/, 'reads a file of the reader: test/slow/redis-cli.test.ts'],
  [/MODULE|^redis-cli --latency/, 'runs without an end'],
];

/** Exit codes other than 0, and why. */
const ENDS = [
  [/compare /, 1, 'nothing runs beside'],
  [/explain (?:PLAN|p1)|--check/, [0, 1], 'a plan that is on its way, or a gate that is not ready yet'],
  [/report .*--candidate/, [0, 1], 'the candidate may have judged nothing yet'],
  [/doctor/, [0, 1], 'the seeded system has no producers'],
  [/redis-cli/, [0, 1], 'the answer of Redis may be an error'],
  [/rollback/, [0, 1], 'there may be nothing to go back to'],
  [/streams repair/, [0, 1], 'no stream is ahead of the clock'],
  [/loss (?:release|confirm)/, 1, 'no loss limit was reached'],
];

/** Commands that show what comes from then on, without an end. */
const FOLLOWS = /portcullis tail|curl -sN/;

const folder = mkdtempSync(join(tmpdir(), 'portcullis-pages-'));
const env = { ...(await ownEnvironment(join(folder, 'data'))), ...TOKENS };
const redisPort = env.EMBEDDED_REDIS_PORT;
const url = `redis://127.0.0.1:${redisPort}`;
env.REDIS_URL = url;
const log = join(folder, 'start.log');
const running = [];
let letters = [];

try {
  await step('builds', () =>
    execFileSync(process.execPath, [join(ROOT, 'runtime/bootstrap/build.mjs')], { cwd: ROOT }),
  );
  await step('a system runs', start);
  const pages = [
    'README.md',
    'SECURITY.md',
    ...readdirSync(join(ROOT, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  const [only = ''] = process.argv.slice(2);
  for (const page of pages.filter((name) => name.includes(only))) await type(page);
} finally {
  for (const child of running.reverse()) {
    child.kill('SIGTERM');
    await Promise.race([once(child, 'exit'), new Promise((done) => setTimeout(done, 15_000).unref())]);
  }
  rmSync(folder, { recursive: true, force: true });
}
sumUp();

async function start() {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  shim(bin, 'portcullis', `exec "${process.execPath}" "${PROGRAM}" "$@"`);
  shim(bin, 'npx', `shift; exec "${process.execPath}" "${PROGRAM}" "$@"`);
  shim(bin, 'sudo', 'exec "$@"');
  const redisCli = execFileSync('sh', ['-c', 'command -v redis-cli']).toString().trim();
  shim(bin, 'redis-cli', `exec "${redisCli}" -p ${redisPort} "$@"`);
  env.PATH = `${bin}${delimiter}${env.PATH}`;
  running.push(
    spawn('redis-server', ['--port', String(redisPort), '--bind', '127.0.0.1', '--dir', folder, '--save', ''], {
      stdio: 'ignore',
    }),
  );
  await until(() => spawnSync('redis-cli', ['PING'], { env }).stdout?.toString() === 'PONG\n', 20_000);
  const out = openSync(log, 'w');
  const system = spawn(process.execPath, [PROGRAM, 'start'], { cwd: folder, env, stdio: ['ignore', out, out] });
  running.push(system);
  await until(
    async () => (await fetch(`http://127.0.0.1:${env.HTTP_PORT}/readyz`).catch(() => ({}))).ok === true,
    60_000,
    () => system.exitCode !== null && `it ended with ${system.exitCode}:\n${readFileSync(log, 'utf8')}`,
  );
}

function shim(bin, name, text) {
  writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** What the stories of the pages take for granted: a budget, dead letters, a position, no switch that is on. */
function seed() {
  const add = (...args) => spawnSync('redis-cli', args, { env });
  add(
    'HSET',
    'quantum:state:portfolio',
    'equity_usd',
    '3000',
    'positions_count',
    '1',
    'timestamp',
    String(Math.floor(Date.now() / 1000)),
  );
  add(
    'XADD',
    'quantum:stream:position.snapshot',
    '*',
    'symbol',
    'BTCUSDT',
    'position_qty',
    '0.1',
    'position_notional_usd',
    '4000',
    'mark_price',
    '40000',
    'sigma',
    '0.1',
  );
  for (let at = 0; at < 3; at++)
    add('XADD', 'quantum:stream:apply.plan', '*', 'plan_id', 'p 9', 'symbol', 'BTCUSDT', 'action', 'ENTRY');
  for (const argv of [['kill', 'off'], ['arm'], ['state', 'ACTIVE']])
    spawnSync('portcullis', [...argv, '--reason', 'seed', '--yes'], { env });
}

async function type(page) {
  const commands = commandsOf(join(ROOT, page), { inline: page === 'docs/runbook.md' });
  const typed = commands.filter(({ command }) => !NOT_TYPED.some(([pattern]) => pattern.test(command)));
  if (typed.length === 0) return;
  await step(`${page}: ${typed.length} of ${commands.length} commands`, async () => {
    seed();
    await until(() => deadLetters().length >= 3, 20_000);
    letters = deadLetters();
    await until(() => Number(spawnSync('redis-cli', ['XLEN', 'quantum:stream:decisions'], { env }).stdout) > 0, 20_000);
    const wrong = typed.flatMap((one) =>
      problemsOf(one).map((problem) => `${page}:${one.line} ${one.command}\n    ${problem}`),
    );
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  });
}

function deadLetters() {
  const { stdout } = spawnSync('portcullis', ['dlq', 'list', 'apply.plan', '--json'], { env });
  return JSON.parse(stdout.toString()).map(({ id }) => id);
}

/** What follows a stream shows what comes once it has begun: on a busy machine that takes longer. */
function problemsOf(one) {
  const found = problemsWithin(one, 1);
  return found.length > 0 && FOLLOWS.test(one.command) ? problemsWithin(one, 4) : found;
}

function problemsWithin({ command, shown }, patience) {
  const text = here(command, patience);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', text], {
    cwd: folder,
    env,
    input: '',
    timeout: 60_000,
    encoding: 'utf8',
  });
  const wanted = [ENDS.find(([pattern]) => pattern.test(command))?.[1] ?? 0].flat();
  if (!wanted.includes(status))
    return [`expected exit code ${wanted.join(' or ')}, got ${status}: ${stderr}${stdout}`.slice(0, 600)];
  if (`${stdout}${status === 0 ? '' : stderr}`.trim() === '' && !/>|redis-cli/.test(command))
    return ['expected some output, got none'];
  return missingIn(shown, stdout).map((line) => `expected ${line} in the output, got ${stdout.slice(0, 300)}`);
}

/** The command with the ports, ids and names of this system; what would not end is ended after a while. */
function here(command, patience) {
  const ports = {
    6380: redisPort,
    8040: env.HTTP_PORT,
    8056: env.P26_METRICS_PORT,
    8049: env.P28_PORT,
    8071: env.P27_HEALTH_PORT,
    8070: env.P27_METRICS_PORT,
    8044: env.GOV_METRICS_PORT,
  };
  const named = command
    .replace(/\b(6380|8040|8056|8049|8071|8070|8044)\b/g, (port) => String(ports[port]))
    .replace(/\b1795245057046-0\b|\bID\b/g, () => (/drop|replay/.test(command) ? letters.shift() : letters[0]) ?? '0-1')
    .replace(/\bPLAN_ID\b|\bPLAN\b/g, 'p1')
    .replace(/\bSYMBOL\b/g, 'BTCUSDT')
    .replace(/\bSTREAM\b/g, /redis-cli/.test(command) ? 'quantum:stream:apply.plan' : 'apply.plan')
    .replace(/\bGROUP\b(?! my_)/g, (word, _at) => (/XPENDING/.test(command) ? 'governor' : word))
    .replace(/\bGATE\b/g, 'heat-gate')
    .replace('HEAT_MIN=…', 'HEAT_MIN=0.3')
    .replace(/--reason …|--reason "…"/g, '--reason "as the page says"');
  const asked =
    /portcullis (?:kill off|arm|state|mode|positions clear|dlq (?:replay|drop)|policy set|restore release|streams repair|loss (?:release|confirm))/.test(
      named,
    );
  const answered = asked && !/--yes/.test(named) ? `${named} --yes` : named;
  if (!FOLLOWS.test(named)) return answered;
  const entries = [
    `apply.plan "*" plan_id followed-${patience} symbol SOLUSDT action OPEN qty 1 price 1000000`,
    `harvest.proposal "*" plan_id followed-${patience} symbol BTCUSDT action FULL_CLOSE`,
  ];
  const sent = entries.map((entry) => `redis-cli XADD quantum:stream:${entry}`).join('; ');
  return `(sleep ${2 * patience}; { ${sent}; } > /dev/null) & timeout -s INT ${5 * patience} ${answered} || test $? = 124 -o $? = 130`;
}
