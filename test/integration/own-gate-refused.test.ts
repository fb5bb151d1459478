import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { declarationProblem, togetherProblem } from '../../handlers/contract/declaration.ts';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { treeOfGuide } from '../support/guide.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf, startSystem, type TestSystem } from '../support/system.ts';

const GATE = 'handlers/drawdown-gate.ts';
const CALIBRATED = 'quantum:stream:harvest.calibrated';
const PROPOSALS = 'quantum:stream:harvest.proposal';

let tree: string;
let redis: TestRedis;
let others: TestSystem | undefined;

beforeAll(async () => {
  tree = await treeOfGuide();
  redis = await startRedis();
});
afterAll(async () => {
  await others?.stop();
  await redis?.stop();
  rmSync(tree, { recursive: true, force: true });
});

/** Starts every gate of the tree, that of the guide with a mode that nobody enforces: what it said, and its exit code. */
async function startBroken(): Promise<{ code: number; said: string }> {
  const path = join(tree, GATE);
  writeFileSync(path, readFileSync(path, 'utf8').replace("enforcing: 'enforce'", "enforcing: 'deny'"));
  const main = pathToFileURL(join(tree, 'runtime/process/main.ts')).href;
  const program = `import { main } from '${main}'; process.exitCode = await main(['start']);`;
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    cwd: tree,
    env: { PATH: process.env.PATH, REDIS_URL: redis.url, HTTP_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const output of [child.stdout, child.stderr]) output?.on('data', (chunk: Buffer) => (said += chunk));
  const [code] = await once(child, 'close');
  return { code, said };
}

const modesOf = (gate: AnyHandler) => gate.modes as NonNullable<AnyHandler['modes']>;
const outputsOf = (gate: AnyHandler) => gate.outputs as NonNullable<AnyHandler['outputs']>;
const PORT = { role: 'drawdown', setting: 'DRAWDOWN_PORT', serves: ['metrics'], sign: { path: '/metrics', text: 'a' } };

test.each<[string, (gate: AnyHandler) => object, string]>([
  [
    'a stream twice',
    (gate) => ({ outputs: [...outputsOf(gate), { ...outputsOf(gate)[0] }] }),
    'expected each output once, got entry.judged twice',
  ],
  [
    'a field without a word',
    (gate) => ({ outputs: outputsOf(gate).map((one) => ({ ...one, fields: { ...one.fields, verdict: '' } })) }),
    'expected a word for the field verdict of entry.judged, got none',
  ],
  [
    'a mode that nobody enforces',
    (gate) => ({ modes: { ...modesOf(gate), silent: ['shadow', 'enforce'] } }),
    'expected a mode that enforces, got enforce, which is silent',
  ],
  [
    'a reason without text',
    (gate) => ({ reasons: { ...gate.reasons, drawdown_unknown: ' ' } }),
    'expected words for the reason drawdown_unknown, got none',
  ],
  [
    'a port that is taken',
    () => ({ listeners: [{ ...PORT, port: 8056 }] }),
    'expected the port 8056 once, got it by heat-gate and by drawdown-gate',
  ],
])("the guide's gate with %s is refused", async (_what, broken, problem) => {
  const { default: gate } = (await import(pathToFileURL(join(tree, GATE)).href)) as { default: AnyHandler };
  const different: AnyHandler = { ...gate, ...broken(gate) };
  expect(declarationProblem(different) ?? togetherProblem([...(await loadHandlers()), different])).toBe(problem);
});

test('its process does not start and writes nothing, and others run on', async () => {
  const { code, said } = await startBroken();
  expect(said).toContain(
    'handlers/drawdown-gate.ts: expected its enforcing mode to be one of shadow, enforce, got deny',
  );
  expect(said).not.toMatch(/^ +at /m);
  expect(code).not.toBe(0);
  expect(await redis.client.dbsize()).toBe(0);
  others = await startSystem(redis, { env: { GATES: 'heat-gate' } });
  const judgedOf = async (planId: string) => {
    await redis.client.xadd(PROPOSALS, '*', 'plan_id', planId, 'symbol', 'ETHUSDT', 'action', 'FULL_CLOSE');
    await until(`the verdict on ${planId}`, async () =>
      (await entriesOf(redis.client, CALIBRATED)).some(({ fields }) => fields.plan_id === planId),
    );
  };
  await judgedOf('before');
  const again = startBroken();
  await judgedOf('meanwhile');
  expect((await again).code).not.toBe(0);
  await judgedOf('after');
});
