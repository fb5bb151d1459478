import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { treeOfGuide } from '../support/guide.ts';
import { freePort } from '../support/ports.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf } from '../support/system.ts';

const TOKEN = 'a-token-of-this-test';
const HEADERS = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
const GATE = 'drawdown-gate';
const IN = 'quantum:stream:entry.proposal';
const OUT = 'quantum:stream:entry.judged';
const KEPT = 50;
const PROVEN_MS = 300_000;
const PORTS = ['HTTP_PORT', 'P26_METRICS_PORT', 'P27_METRICS_PORT', 'P27_HEALTH_PORT', 'P28_PORT', 'GOV_METRICS_PORT'];
const BECAUSE = ['--reason', 'the guide', '--yes'];

let tree: string;
let redis: TestRedis;
let system: ChildProcess;
let base: string;

/** A command line of `portcullis` in the tree of the guide, as a process: it finds that tree's handlers. */
function portcullis(argv: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const main = pathToFileURL(join(tree, 'runtime/process/main.ts')).href;
  const program = `import { main } from '${main}'; process.exitCode = await main(process.argv.slice(1));`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program, '--', ...argv];
  return spawn(process.execPath, args, {
    cwd: tree,
    env: { PATH: process.env.PATH, REDIS_URL: redis.url, ADMIN_TOKEN: TOKEN, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Starts all gates, that of the guide among them, and waits until they are ready; answers with the address too. */
async function start(env: Readonly<Record<string, string>>): Promise<[ChildProcess, string]> {
  const ports = await Promise.all(PORTS.map(async (name) => [name, String(await freePort())] as const));
  const child = portcullis(['start'], { ...Object.fromEntries(ports), ...env });
  let said = '';
  for (const output of [child.stdout, child.stderr]) output?.on('data', (chunk: Buffer) => (said += chunk));
  const url = `http://127.0.0.1:${ports[0]?.[1]}`;
  await until('the system to be ready', async () => {
    if (child.exitCode !== null) throw new Error(`expected it to start, got exit code ${child.exitCode}: ${said}`);
    return await fetch(`${url}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    );
  });
  return [child, url];
}

async function stopped(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

async function cli(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = portcullis(argv);
  const texts = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => (texts.out += chunk));
  child.stderr?.on('data', (chunk: Buffer) => (texts.err += chunk));
  const [code] = await once(child, 'close');
  return { code, ...texts };
}

async function get(path: string): Promise<string> {
  return await (await fetch(`${base}${path}`, { headers: HEADERS })).text();
}

async function post(path: string, body: object): Promise<[number, unknown]> {
  const answer = await fetch(`${base}/v1${path}`, { method: 'POST', headers: HEADERS, body: JSON.stringify(body) });
  return [answer.status, await answer.json()];
}

async function verdictOf(planId: string, ...fields: string[]): Promise<string> {
  await redis.client.xadd(IN, '*', 'plan_id', planId, 'symbol', 'BTCUSDT', ...fields);
  return await until(`the verdict on ${planId}`, async () => {
    const entry = (await entriesOf(redis.client, OUT)).find(({ fields: { plan_id } }) => plan_id === planId)?.fields;
    return entry && `${entry.verdict} ${entry.reason} ${entry.mode}`;
  });
}

async function drawdown(percent: string): Promise<void> {
  const timestamp = String((await redis.client.time())[0]);
  await redis.client.hset('quantum:state:portfolio', { equity_usd: '10000', drawdown: percent, timestamp });
}

beforeAll(async () => {
  tree = await treeOfGuide();
  redis = await startRedis();
  [system, base] = await start({ STREAM_MAX_LEN: String(KEPT) });
});
afterAll(async () => {
  await stopped(system);
  await redis.stop();
  rmSync(tree, { recursive: true, force: true });
});

test('in shadow it allows every entry, and says what it would deny', async () => {
  expect(await verdictOf('s1')).toBe('ALLOWED drawdown_unknown shadow');
  await drawdown('12');
  expect(await verdictOf('s2')).toBe('ALLOWED drawdown_exceeded shadow');
  await drawdown('3.5');
  expect(await verdictOf('s3')).toBe('ALLOWED ok shadow');
});

test('portcullis mode puts it into enforce, and POST /v1/mode into shadow and back', async () => {
  expect(await cli('mode', GATE, 'enforce', ...BECAUSE)).toMatchObject({
    code: 0,
    out: `${GATE} is in enforce (was shadow).\n`,
  });
  await drawdown('12');
  expect(await verdictOf('m1')).toBe('DENIED drawdown_exceeded enforce');
  const body = { gate: GATE, mode: 'shadow', reason: 'the guide' };
  expect(await post('/mode', body)).toMatchObject([200, { gate: GATE, before: 'enforce', after: 'shadow' }]);
  expect(await verdictOf('m2')).toBe('ALLOWED drawdown_exceeded shadow');
  expect(await post('/mode', { ...body, mode: 'enforce' })).toMatchObject([200, { after: 'enforce' }]);
  const [refused, { message }] = (await post('/mode', { ...body, mode: 'loud' })) as [number, { message: string }];
  expect([refused, message]).toEqual([409, expect.stringContaining('shadow, enforce')]);
});

test('status, the overview and the decisions of the console show it', async () => {
  const { code, out } = await cli('status');
  expect(code).toBe(0);
  expect(out).toMatch(/drawdown-gate\s.*enforce/);
  expect(await get('/v1/status')).toContain('"drawdown-gate"');
  const { gates } = JSON.parse(await get('/v1/overview'));
  expect(gates).toContainEqual(expect.objectContaining({ gate: GATE, mode: 'enforce' }));
  const { policies } = JSON.parse(await get('/v1/policies'));
  expect(policies).toContainEqual(expect.objectContaining({ gate: GATE, modes: ['shadow', 'enforce'] }));
  const { entries } = JSON.parse(await get(`/v1/decisions?gate=${GATE}`));
  expect(entries[0]).toMatchObject({ handler: GATE, verdict: 'ALLOWED', reason: 'drawdown_exceeded', plan_id: 'm2' });
  const [, preview] = await post('/preview', { action: 'mode', gate: GATE, mode: 'shadow' });
  expect(preview).toMatchObject({ effect: expect.stringContaining('every entry is allowed') });
  expect(await get('/v1/openapi.json')).toContain(`"${GATE}"`);
});

test('its limit is set by a policy, after a preview of what that would have changed', async () => {
  const settings = { DRAWDOWN_MAX_PCT: '15' };
  const [, preview] = await post(`/policies/${GATE}/preview`, { settings });
  expect(preview).toMatchObject({ impact: { decisions: 5, changed: 3, joint: null } });
  expect(preview).toMatchObject({ impact: { alone_because: expect.stringContaining('this gate does not say') } });
  expect(await cli('policy', 'set', 'DRAWDOWN_MAX_PCT=15', '--gate', GATE, ...BECAUSE)).toMatchObject({ code: 0 });
  expect(await verdictOf('l1')).toBe('ALLOWED ok enforce');
  expect((await cli('policy', 'set', 'DRAWDOWN_MAX_PCT=101', '--gate', GATE, ...BECAUSE)).err).toContain('up to 100');
  expect(await cli('policy', 'rollback', '--gate', GATE, ...BECAUSE)).toMatchObject({ code: 0 });
  await until('the limit of before', async () => (await verdictOf(`l${performance.now()}`)).startsWith('DENIED'));
});

test('activate has a checklist of it', async () => {
  await cli('mode', GATE, 'shadow', ...BECAUSE);
  const { out, err } = await cli('activate', GATE, '--check');
  expect(err).toBe('');
  expect(out).toMatch(/mode\s+shadow/);
  expect(out).toContain('no consumer group on entry.judged');
  await redis.client.xgroup('CREATE', OUT, 'executor', '$');
  const { lines } = JSON.parse(await get(`/v1/activation?gate=${GATE}`));
  expect(lines).toContainEqual(expect.objectContaining({ item: 'consumer_wired', ok: true }));
  await redis.client.xgroup('DESTROY', OUT, 'executor');
});

test('explain tells what it decided of a plan, evaluate what it would, report what it did', async () => {
  const { out, code } = await cli('explain', 'm1');
  expect(code).toBe(0);
  expect(out).toContain('drawdown-gate: DENIED, the drawdown is at its limit or over it.');
  const explained = JSON.parse(await get('/v1/plans/m1'));
  expect(explained).toMatchObject({ end: 'decided', steps: [{ step: 'decision', handler: GATE, verdict: 'DENIED' }] });
  const asked = await cli('evaluate', '--gate', GATE, 'symbol=BTCUSDT', 'plan_id=q1', '--json');
  expect(JSON.parse(asked.out)).toMatchObject({ gate: GATE, verdict: 'ALLOWED', reason: 'drawdown_exceeded' });
  const report = JSON.parse((await cli('report', GATE, '--json')).out);
  expect(report).toMatchObject({ gate: GATE, figures: { decisions: expect.any(Number) } });
  const { gates } = JSON.parse(await get('/v1/gates'));
  expect(gates[0]).toMatchObject({ gate: GATE, writes: [{ stream: 'entry.judged' }] });
});

test('its metrics are there, and its dead letters', async () => {
  await redis.client.xadd(IN, '*', 'plan_id', 'no symbol');
  await until('the dead letter', async () => (await redis.client.xlen(`${IN}.dlq`)) === 1);
  const metrics = await get('/metrics');
  expect(metrics).toMatch(/^drawdown_denied_total\{reason="drawdown_exceeded"\} [1-9]/m);
  expect(metrics).toContain('drawdown_denied_total{reason="evaluation_error"} 0');
});

test('what it writes is trimmed, once it is judged', async () => {
  const pipeline = redis.client.pipeline();
  for (let at = 0; at < 3_000; at++) pipeline.xadd(IN, '*', 'plan_id', `t${at}`, 'symbol', 'BTCUSDT');
  await pipeline.exec();
  await until('the last verdict', async () => {
    const [last] = await redis.client.xrevrange(OUT, '+', '-', 'COUNT', 1);
    return last?.[1].includes('t2999');
  });
  await until('its outputs to be trimmed', async () => (await redis.client.xlen(OUT)) <= KEPT);
  expect(await redis.client.xlen(IN)).toBeGreaterThan(3_000);
});

test('beside another system it reads what producers write, and writes under its own prefix', async () => {
  const [beside] = await start({ OUTPUT_PREFIX: 'mine', GROUP_SUFFIX: '-mine', GATES: GATE });
  try {
    await redis.client.xadd(IN, '*', 'plan_id', 'b1', 'symbol', 'BTCUSDT');
    await until('its verdict', async () => {
      const judged = await entriesOf(redis.client, 'mine:stream:entry.judged');
      return judged.some(({ fields }) => fields.plan_id === 'b1' && fields.mode === 'shadow');
    });
    expect(await redis.client.exists('mine:stream:entry.proposal')).toBe(0);
    const groups = (await redis.client.xinfo('GROUPS', IN)) as unknown[][];
    expect(groups.map((group) => group[1])).toEqual(['drawdown_gate', 'drawdown_gate-mine']);
  } finally {
    await stopped(beside);
  }
});

test('prove passes beside it, and says that it is not covered', { timeout: PROVEN_MS }, async () => {
  const { code, out } = await cli('prove', '--json');
  const { checks } = JSON.parse(out) as { checks: { name: string; verdict: string; got: string }[] };
  expect(checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  const skipped = checks.filter(({ verdict }) => verdict === 'skipped');
  expect(skipped).toEqual([expect.objectContaining({ name: expect.stringContaining(GATE) })]);
  expect(skipped[0]?.got).toContain('not covered');
  expect(code).toBe(0);
});
