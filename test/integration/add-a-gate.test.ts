import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf, metricOf, startSystem, type TestSystem } from '../support/system.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const GUIDE = join(ROOT, 'docs/add-a-gate.md');
const PARTS = [
  'schemas',
  'handlers/common',
  'handlers/contract',
  'runtime',
  'test/support',
  'package.json',
  'biome.json',
];
const OUT = 'quantum:stream:entry.judged';

let tree: string;
let redis: TestRedis;
let system: TestSystem;

/** The files of the guide: a path in bold, then its code. */
function filesOfGuide(): Map<string, string> {
  const blocks = readFileSync(GUIDE, 'utf8').matchAll(/^\*\*`([^`]+)`\*\*\n\n```ts\n(.*?)^```$/gms);
  return new Map([...blocks].map(([, path, code]) => [path as string, code as string]));
}

/** A tree like ours, with only the gate of the guide in it. */
function treeOfGuide(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-guide-'));
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  const own = { extends: './tsconfig.base.json', include: [...filesOfGuide().keys()] };
  cpSync(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.base.json'));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(own));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, code] of filesOfGuide()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), code);
  }
  return folder;
}

beforeAll(async () => {
  tree = treeOfGuide();
  redis = await startRedis();
  const handlers = await loadHandlers(pathToFileURL(`${join(tree, 'handlers')}/`));
  system = await startSystem(redis, { handlers });
});
afterAll(async () => {
  await system.stop();
  await redis.stop();
  rmSync(tree, { recursive: true, force: true });
});

function program(name: string, ...args: string[]) {
  return run(process.execPath, [join(ROOT, 'node_modules', name), ...args], { cwd: tree });
}

async function propose(...fields: string[]): Promise<void> {
  await redis.client.xadd('quantum:stream:entry.proposal', '*', ...fields);
}

async function verdicts(count: number): Promise<string[]> {
  await until(`${count} verdicts`, async () => (await redis.client.xlen(OUT)) >= count);
  const entries = await entriesOf(redis.client, OUT);
  return entries.map(({ fields }) => `${fields.plan_id} ${fields.verdict} ${fields.reason}`);
}

test('the guide has the two files of a gate and its test', () => {
  expect([...filesOfGuide().keys()]).toEqual([
    'schemas/drawdown-gate.ts',
    'handlers/drawdown-gate.ts',
    'test/handlers/drawdown-gate.test.ts',
  ]);
});

test('its code has no type error', async () => {
  await expect(program('typescript/bin/tsc', '--noEmit', '-p', tree)).resolves.toMatchObject({ stdout: '' });
});

test('its code is in our style', async () => {
  await program('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', ...filesOfGuide().keys());
});

test('its test passes', async () => {
  const { stdout } = await program('vitest/vitest.mjs', 'run', '--root', tree);
  expect(stdout).toMatch(/Tests\s+.*7 passed/);
});

test('it judges proposals on a real Redis', async () => {
  await propose('plan_id', 'p1', 'symbol', 'BTCUSDT');
  expect(await verdicts(1)).toEqual(['p1 DENIED drawdown_unknown']);
  await redis.client.hset('quantum:state:portfolio', { equity_usd: '10000', drawdown: '12' });
  await propose('plan_id', 'p2', 'symbol', 'BTCUSDT');
  await verdicts(2);
  await redis.client.hset('quantum:state:portfolio', { drawdown: '3.5' });
  await propose('plan_id', 'p3', 'symbol', 'BTCUSDT');
  await propose('plan_id', 'no symbol');
  expect(await verdicts(3)).toEqual(['p1 DENIED drawdown_unknown', 'p2 DENIED drawdown_exceeded', 'p3 ALLOWED ok']);
  const log = await entriesOf(redis.client, 'quantum:stream:decisions');
  expect(log.map(({ fields }) => fields.handler)).toEqual(['drawdown-gate', 'drawdown-gate', 'drawdown-gate']);
  await until('the dead letter', async () => (await redis.client.xlen('quantum:stream:entry.proposal.dlq')) === 1);
  expect(await metricOf(system, 'drawdown_denied_total{reason="drawdown_exceeded"}')).toBe(1);
});
