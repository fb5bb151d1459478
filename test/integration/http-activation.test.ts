import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { operationsOn } from '../../runtime/desk/operations/operations.ts';
import { type RunningHttp, startHttp } from '../../runtime/doors/http/server.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { lanesOf } from '../../runtime/engine/streams/lanes.ts';
import { Activated, ActivationView, Rehearsal, RolledBack } from '../../schemas/api/activation.ts';
import { ActivationRig } from '../support/activation-rig.ts';
import { fakeRuntime, httpOptions, WITH_TOKEN } from '../support/http.ts';

let rig: ActivationRig;
let http: RunningHttp | undefined;

beforeAll(async () => {
  rig = await ActivationRig.start();
});
afterAll(async () => rig.stop());
beforeEach(async () => {
  await rig.ready();
  const handlers = await loadHandlers();
  const runtime = fakeRuntime({ redis: rig.client });
  const options: Parameters<typeof httpOptions>[1] = {
    operationsOf: (portfolio) =>
      operationsOn(rig.client, portfolio, { handlers, lanes: lanesOf(handlers, portfolio), environment: {} }),
  };
  http = await startHttp(runtime, await httpOptions(runtime, options));
});
afterEach(async () => http?.close());

async function ask(path: string, body?: unknown, headers: Record<string, string> = WITH_TOKEN) {
  const base = http?.addresses.find(({ role }) => role === 'http')?.url ?? '';
  const post = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { ...headers, 'content-type': 'application/json' },
  };
  const response = await fetch(base + path, body === undefined ? { headers } : post);
  return { code: response.status, json: (await response.json()) as Readonly<Record<string, unknown>> };
}

test('the checklist is told with its figures, behind the token', async () => {
  const { code, json } = await ask('/v1/activation?gate=heat-gate');
  expect(code).toBe(200);
  const view = ActivationView.parse(json);
  expect(view).toEqual(json);
  expect(view).toMatchObject({ gate: 'heat-gate', mode: 'shadow', enforcing: 'enforce', ready: true, last: null });
  expect(view.lines.find(({ item }) => item === 'decisions')).toEqual({
    ...{ item: 'decisions', found: '120', wanted: '100 or more', ok: true },
  });
  expect((await ask('/v1/activation?gate=heat-gate', undefined, {})).code).toBe(401);
  expect((await ask('/v1/activate', { gate: 'heat-gate', reason: 'x' }, {})).code).toBe(401);
  expect((await ask('/v1/rollback', { gate: 'heat-gate' }, {})).code).toBe(401);
});

test('a gate is activated, watched and rolled back by the same operations as on the command line', async () => {
  const made = await ask('/v1/activate', { gate: 'heat-gate', reason: 'agreed', actor: 'ann', watch_sec: 120 });
  expect(made).toMatchObject({ code: 200, json: { after: 'enforce', forced: [], watch: { state: 'watching' } } });
  expect(Activated.parse(made.json)).toEqual(made.json);
  const looked = await ask('/v1/activation?gate=heat-gate');
  const { last } = ActivationView.parse(looked.json);
  expect(last).toEqual(looked.json.last);
  expect((last?.until_ms ?? 0) - (last?.started_ms ?? 0)).toBe(120_000);
  const back = await ask('/v1/rollback', { gate: 'heat-gate', actor: 'ann' });
  expect(back).toMatchObject({ code: 200, json: { before: 'enforce', after: 'shadow', missing: [] } });
  expect(RolledBack.parse(back.json)).toEqual(back.json);
  expect(await rig.ledger()).toEqual([
    'ann activate shadow → enforce',
    'ann mode enforce → shadow',
    'ann activation_ended enforce → shadow',
  ]);
});

test('a rehearsal over HTTP changes no mode', async () => {
  const { code, json } = await ask('/v1/rollback', { gate: 'heat-gate', rehearse: true });
  expect(code).toBe(200);
  expect(json).toMatchObject({ gate: 'heat-gate', missing: [] });
  expect(Rehearsal.parse(json)).toEqual(json);
  expect(await rig.mode()).toBe('shadow');
});

test('a gate that is not ready is a 409 that names what is missing; force passes over it', async () => {
  await rig.decision('*', { unwritten: '1' });
  const refused = await ask('/v1/activate', { gate: 'heat-gate', reason: 'agreed' });
  expect(refused.code).toBe(409);
  expect(refused.json.message).toBe(
    'heat-gate is not ready: write failures: expected 0, got 1, and 3 of 3 live hashes can be written',
  );
  const forced = await ask('/v1/activate', { gate: 'heat-gate', reason: 'that was a test', force: true });
  expect(forced).toMatchObject({ code: 200, json: { forced: ['write_failures'] } });
});

test.each([
  ['/v1/activation', undefined, 400, 'gate: expected a gate of heat-gate, risk-governor or governor, got ""'],
  ['/v1/activation?gate=heat-bridge', undefined, 400, 'gate: heat-bridge has no mode'],
  ['/v1/activate', { gate: 'heat-gate' }, 400, 'reason: expected a reason in words'],
  ['/v1/activate', { gate: 'heat-gate', reason: 'x', watch_sec: 59 }, 400, 'watch_sec: '],
  ['/v1/activate', { gate: 'heat-bridge', reason: 'x' }, 409, 'heat-bridge has no mode'],
  ['/v1/rollback', { gate: 'nothing' }, 409, 'got "nothing"'],
])('%s %j is %d', async (path, body, code, says) => {
  const answer = await ask(path, body);
  expect(answer.code).toBe(code);
  expect(answer.json.message).toContain(says);
});
