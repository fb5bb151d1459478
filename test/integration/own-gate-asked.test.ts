import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ShadowReport } from '../../schemas/api/shadow.ts';
import { treeOfGuide } from '../support/guide.ts';
import { until } from '../support/redis.ts';
import type { ServedRig } from '../support/served.ts';

const GATE = 'drawdown-gate';
const ENTRY = ['symbol=BTCUSDT', 'plan_id=p9'];

let tree: string;
let rig: ServedRig;
let runCli: typeof import('../support/cli.ts').runCli;

/** A module of the tree that has the gate of the guide. */
async function ofTree<M>(path: string): Promise<M> {
  return (await import(pathToFileURL(join(tree, path)).href)) as M;
}

/** Three proposals at a drawdown of 12 %, and one at 3.5 %. */
beforeAll(async () => {
  tree = await treeOfGuide();
  const served = await ofTree<typeof import('../support/served.ts')>('test/support/served.ts');
  ({ runCli } = await ofTree<typeof import('../support/cli.ts')>('test/support/cli.ts'));
  rig = await served.ServedRig.start({ DRAWDOWN_MODE: 'enforce' });
  await rig.account('10000', '12');
  for (const symbol of ['BTCUSDT', 'BTCUSDT', 'ETHUSDT']) await rig.add('entry.proposal', { plan_id: 'p', symbol });
  await judged(3);
  await rig.account('10000', '3.5');
  await rig.add('entry.proposal', { plan_id: 'p', symbol: 'BTCUSDT' });
  await judged(4);
});
afterAll(async () => {
  await rig.stop();
  rmSync(tree, { recursive: true, force: true });
});

async function judged(count: number): Promise<void> {
  await until(`${count} verdicts`, async () => (await rig.client.xlen('quantum:stream:entry.judged')) === count);
}

async function cli(...argv: string[]) {
  return await runCli(rig.redis.url, argv);
}

describe('evaluate', () => {
  test('asks the gate that is named, on the facts of now', async () => {
    const { out, err } = await cli('evaluate', '--gate', GATE, '--json', ...ENTRY);
    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual({
      gate: GATE,
      symbol: 'BTCUSDT',
      action: '',
      mode: 'enforce',
      verdict: 'ALLOWED',
      reason: 'ok',
      words: 'the drawdown is below its limit',
      checks: [{ gate: 'drawdown', value: 3.5, limit: 10, headroom: 6.5, verdict: 'pass' }],
      calibrated_action: null,
      heat: null,
      largest: null,
    });
  });

  test('says it in words, with its checks', async () => {
    await rig.account('10000', '12');
    const { out } = await cli('evaluate', '--gate', GATE, ...ENTRY);
    await rig.account('10000', '3.5');
    const [first = '', , row = ''] = out.split('\n');
    expect(first).toBe(
      'BTCUSDT: the drawdown-gate (enforce) would say DENIED: the drawdown is at its limit or over it (drawdown_exceeded).',
    );
    expect(row.trim().split(/\s{2,}/)).toEqual([
      'drawdown of the portfolio',
      ...['12 %', '10 %', '-2 %', 'REFUSES', 'DRAWDOWN_MAX_PCT'],
    ]);
    expect(out).not.toContain('size');
  });

  test('still puts an exit to the heat gate and a plan to the governor where none is named', async () => {
    const input = [
      { symbol: 'A', action: 'FULL_CLOSE' },
      { symbol: 'A', action: 'OPEN' },
      { gate: GATE, entry: { symbol: 'A' } },
    ];
    const { out } = await runCli(rig.redis.url, ['evaluate', '--file', '-', '--json'], {
      input: input.map((line) => JSON.stringify(line)).join('\n'),
    });
    const gates = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { gate: string }).gate);
    expect(gates).toEqual(['heat-gate', 'governor', GATE]);
  });

  test.each([
    [
      ['--gate', GATE, '--state', 'heat=0.5,armed=true'],
      `${GATE}: expected no state, it supposes none, got heat, armed`,
    ],
    [['--gate', GATE, '--state', 'mode=loud'], 'mode: expected shadow, enforce, got "loud"'],
    [['--gate', 'other'], 'expected a gate of drawdown-gate, heat-gate or governor, got "other"'],
    [['--gate', 'risk-governor'], 'expected a gate of drawdown-gate, heat-gate or governor, got "risk-governor"'],
    [['--gate', 'heat-bridge'], 'expected a gate of drawdown-gate, heat-gate or governor, got "heat-bridge"'],
  ])('%j is refused', async (options, message) => {
    expect(await cli('evaluate', ...options, ...ENTRY)).toEqual({ code: 2, out: '', err: `portcullis: ${message}\n` });
  });

  test('answers over HTTP, and refuses there as well', async () => {
    const entry = { symbol: 'BTCUSDT' };
    expect(await rig.post('/evaluate', { gate: GATE, entry })).toMatchObject({
      code: 200,
      body: { gate: GATE, verdict: 'ALLOWED', checks: [{ gate: 'drawdown', value: 3.5 }] },
    });
    const { code, body } = await rig.post('/evaluate', { gate: GATE, entry, state: { heat: 1 } });
    expect({ code, message: body.message }).toEqual({
      code: 400,
      message: `${GATE}: expected no state, it supposes none, got heat`,
    });
  });
});

describe('report', () => {
  const FIGURES = {
    gate: GATE,
    figures: { decisions: 4, changed: 3, verdicts: { DENIED: 3, ALLOWED: 1 }, errors: 0 },
    by_reason: [
      { name: 'drawdown_exceeded', decisions: 3, changed: 3, changed_share: 1 },
      { name: 'ok', decisions: 1, changed: 0, changed_share: 0 },
    ],
    symbols: [
      { name: 'BTCUSDT', decisions: 3, changed: 2 },
      { name: 'ETHUSDT', decisions: 1, changed: 1 },
    ],
    checks: [{ check: 'drawdown', judged: 4, refused: 3, would_refuse: 0 }],
  };

  test('has its figures as JSON, on the terminal and as a page', async () => {
    const page = join(tree, 'report.html');
    const { out } = await cli('report', GATE, '--json', '--html', page);
    expect(JSON.parse(out)).toMatchObject(FIGURES);
    const { out: text } = await cli('report', GATE);
    expect(text).toContain('the drawdown-gate stood in the way, or would have, in 3 of 4 decisions (75.0 %).');
    expect(text).toMatch(/drawdown_exceeded +3 +3 +100 %/);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<h1>Shadow report: drawdown-gate</h1>');
    expect(html).toMatch(/<figcaption><b>Decisions by hour/);
    expect(html).not.toMatch(/<script|NaN|undefined|Infinity/);
  });

  test('is answered over HTTP, by its schema', async () => {
    const { code, body } = await rig.get(`/shadow?gate=${GATE}`);
    expect(code).toBe(200);
    expect(ShadowReport.parse(body)).toEqual(body);
    expect(body).toMatchObject({ ...FIGURES, more_symbols: 0, portfolio: 'quantum' });
    expect((body.hours as { decisions: number }[]).reduce((sum, { decisions }) => sum + decisions, 0)).toBe(4);
  });

  test('is offered by the console with those of the other gates', async () => {
    const { body } = await rig.get('/overview');
    expect(body.deciding).toEqual([GATE, 'heat-gate', 'risk-governor', 'governor']);
  });

  test('of a gate that decides nothing is refused', async () => {
    const known = 'drawdown-gate, heat-gate, risk-governor or governor';
    const { code, err } = await cli('report', 'heat-bridge');
    expect({ code, err }).toEqual({ code: 2, err: `portcullis: expected a gate of ${known}, got "heat-bridge"\n` });
    const { body } = await rig.get('/shadow?gate=feeds');
    expect(body.message).toBe(`gate: expected ${known}, got "feeds"`);
  });
});
