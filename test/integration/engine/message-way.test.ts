import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import heatGate from '../../../handlers/heat-gate/index.ts';
import { HeatRig } from '../../support/heat-rig.ts';
import { messageWay } from '../../support/message-way.ts';
import { countedTo, QUICK, startSystem, type TestSystem } from '../../support/system.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** What is a text for Redis has no function that could be called here. */
const FOR_REDIS = /\.lua$/;
/** No upkeep falls into the time of a proposal. */
const LATER_MS = 600_000;
const WHERE_MESSAGES_GO = /^(?:handlers|runtime\/engine\/(?:lane|commit|views|policy))\//;

const session = new Session();
let rig: HeatRig;
let system: TestSystem;

beforeAll(async () => {
  rig = await HeatRig.start();
  system = await startSystem(rig.redis, {
    handlers: [heatGate as unknown as AnyHandler],
    env: { P26_MODE: 'enforce' },
    timings: { ...QUICK, maintenanceMs: LATER_MS },
  });
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
});
afterAll(async () => {
  session.disconnect();
  await system.stop();
  await rig.stop();
});

/** The files of the project of which a function was called since this was asked last. */
async function filesThatRan(): Promise<readonly string[]> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const ran = result.filter(({ functions }) =>
    functions.some(({ functionName, ranges }) => functionName !== '' && (ranges[0]?.count ?? 0) > 0),
  );
  const paths = ran.map(({ url }) => (url.startsWith('file:') ? fileURLToPath(url) : url));
  return paths.filter((path) => path.startsWith(ROOT)).map((path) => path.slice(ROOT.length));
}

test("a heat proposal's way is the one that docs/architecture.md lists", async () => {
  const { steps, asked } = messageWay();
  await rig.calm();
  await rig.judged();
  await countedTo(system, 'p26_proposals_processed_total', 1);
  await filesThatRan();
  await rig.calm();
  await rig.judged();
  await countedTo(system, 'p26_proposals_processed_total', 2);
  const ran = await filesThatRan();
  expect(steps.filter((path) => !FOR_REDIS.test(path) && !ran.includes(path))).toEqual([]);
  const others = ran.filter((path) => WHERE_MESSAGES_GO.test(path) && !steps.includes(path));
  expect(others.length).toBeGreaterThan(5);
  expect(others.filter((path) => !asked.some((known) => path.startsWith(known)))).toEqual([]);
});
