import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { treeOfGuide } from '../support/guide.ts';
import { freePort } from '../support/ports.ts';
import { until } from '../support/redis.ts';
import type { ServedRig } from '../support/served.ts';

const GATE = 'drawdown-gate';
const FAILURES = 'portcullis_face_failures_total';
/** The gate of the guide, each of its faces made to throw, with a port and a lookup of its own. */
const THROWING = {
  "drawdown_exceeded: 'the drawdown is at its limit or over it'": `drawdown_exceeded: () => { throw new Error('no words'); }`,
  "effects: [{ do: 'emit', stream: 'entry.judged', fields }]": `effects: [
      { do: 'emit', stream: 'entry.judged', fields },
      { do: 'hset', key: \`drawdown:by_plan:\${planId}\`, fields: { verdict }, ttlSec: 600, replace: true },
    ]`,
  '  reads: () => ({ portfolio': `  lookups: [{ key: 'drawdown:by_plan:{plan_id}', kind: 'hash', holds: 'its verdict', keptFor: 'DRAWDOWN_MAX_PCT' }],
  listeners: [{ role: 'drawdown', setting: 'DRAWDOWN_PORT', port: 8099, serves: ['metrics', 'health'], sign: { path: '/metrics', text: 'drawdown_' } }],
  reading() { throw new Error('cannot read it'); },
  whatIf: { claims() { throw new Error('knows nothing'); } },
  reads: () => ({ portfolio`,
};

let tree: string;
let rig: ServedRig;
let runCli: typeof import('../support/cli.ts').runCli;
let metricOf: typeof import('../support/system.ts').metricOf;

async function ofTree<M>(path: string): Promise<M> {
  return (await import(pathToFileURL(join(tree, path)).href)) as M;
}

beforeAll(async () => {
  tree = await treeOfGuide();
  const path = join(tree, 'handlers/drawdown-gate.ts');
  let source = readFileSync(path, 'utf8');
  for (const [whole, broken] of Object.entries(THROWING)) {
    expect(source).toContain(whole);
    source = source.replace(whole, broken);
  }
  writeFileSync(path, source);
  const served = await ofTree<typeof import('../support/served.ts')>('test/support/served.ts');
  ({ runCli } = await ofTree<typeof import('../support/cli.ts')>('test/support/cli.ts'));
  ({ metricOf } = await ofTree<typeof import('../support/system.ts')>('test/support/system.ts'));
  rig = await served.ServedRig.start({ DRAWDOWN_MODE: 'enforce' });
  await rig.account('10000', '12');
  await rig.position('ETHUSDT', 1, 1800);
  await rig.add('entry.proposal', { plan_id: 'p1', symbol: 'BTCUSDT' });
  await until('a verdict', async () => (await rig.client.xlen('quantum:stream:entry.judged')) === 1);
});
afterAll(async () => {
  await rig?.stop();
  rmSync(tree, { recursive: true, force: true });
});

const failures = (face: string) => metricOf(rig.system, `${FAILURES}{gate="${GATE}",face="${face}"}`);
const warnings = (face: string) => rig.system.lines.filter((line) => line.includes(`its face \\"${face}\\" failed`));

test('its decision is what it was, and plain words tell it', async () => {
  const [judged] = await rig.client.xrange('quantum:stream:entry.judged', '-', '+');
  expect(judged?.[1]).toEqual(expect.arrayContaining(['DENIED', 'drawdown_exceeded']));
  const { code, body } = await rig.get('/plans/p1');
  expect(code).toBe(200);
  expect(body.steps).toMatchObject([
    { step: 'lookup', words: `${GATE} keeps it for lookup`, fields: { verdict: 'DENIED' } },
    { step: 'decision', verdict: 'DENIED', words: 'drawdown exceeded' },
  ]);
});

test('each failure is counted, and the first of a face is a line of the log', async () => {
  const before = await failures('reasons');
  for (const _ of [1, 2]) await rig.post('/evaluate', { gate: GATE, entry: { symbol: 'BTCUSDT' } });
  expect(await failures('reasons')).toBe(before + 2);
  expect(warnings('reasons')).toHaveLength(1);
  expect(warnings('reasons')[0]).toContain('no words');
});

test('an entry that it cannot say is its own goes to the gate that says so', async () => {
  const { code, body } = await rig.post('/evaluate', { entry: { symbol: 'ETHUSDT', action: 'FULL_CLOSE' } });
  expect({ code, gate: body.gate }).toEqual({ code: 200, gate: 'heat-gate' });
  expect(await failures('whatIf')).toBeGreaterThan(0);
});

test('its report has the figures that any gate has', async () => {
  const { code, body } = await rig.get(`/shadow?gate=${GATE}&since=1h`);
  expect(code).toBe(200);
  expect(body).toMatchObject({ gate: GATE, figures: { decisions: 1, changed: 1 } });
  expect(await failures('reading')).toBeGreaterThan(0);
});

test('the command line says so too, once, and ends as ever', async () => {
  const { code, out, err } = await runCli(rig.redis.url, ['explain', 'p1']);
  expect(code).toBe(0);
  expect(out).toContain('drawdown exceeded');
  expect(err).toBe(`portcullis: ${GATE}: its face "reasons" failed, and a plain answer stands in for it: no words\n`);
});

test('it is asked alone on the port that it declares', async () => {
  const { startHttp } =
    await ofTree<typeof import('../../runtime/doors/http/server.ts')>('runtime/doors/http/server.ts');
  const { httpOptions } = await ofTree<typeof import('../support/http.ts')>('test/support/http.ts');
  const { runtime } = rig.system;
  const options = await httpOptions(runtime);
  const ports = { ...options.ports, drawdown: await freePort() };
  const http = await startHttp(runtime, { ...options, gates: [...options.gates, GATE], ports });
  onTestFinished(() => http.close());
  const base = http.addresses.find(({ setting }) => setting === 'DRAWDOWN_PORT')?.url ?? '';
  const ask = async (path: string) => await fetch(base + path);
  const families = await (await ask('/metrics')).text();
  expect(families).toContain('drawdown_denied_total');
  expect(families).not.toMatch(/p26_|quantum_govern/);
  const health = { status: 'healthy', service: GATE, mode: 'enforce', redis: 'connected', problems: [] };
  expect(await (await ask('/health')).json()).toEqual(health);
  expect((await ask('/v1/status')).status).toBe(404);
});

test('the other gates decide as ever', async () => {
  await rig.exit('e1', 'ETHUSDT');
  expect(await rig.client.xlen('quantum:stream:harvest.calibrated')).toBe(1);
});
