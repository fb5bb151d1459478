import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  HttpGate,
  NoVerdict,
  OutcomeUnknown,
  RequestRefused,
  UnknownReply,
} from '../../../runtime/doors/client/index.ts';
import { ServedRig } from '../../support/served.ts';

const TREND = { strategy: 'trend', portfolio: undefined, token: 'token-of-trend' };
const CALM = { GOV_SYMBOL_COOLDOWN_SECONDS: '0', GOV_MAX_EXEC_PER_HOUR: '1000', GOV_MAX_EXEC_PER_5MIN: '1000' };
const ORDER = { symbol: 'BTCUSDT', side: 'BUY', qty: 1, price: 100, timeout_ms: 10_000 } as const;
let rig: ServedRig;
let url: string;
let gate: HttpGate;

beforeAll(async () => {
  rig = await ServedRig.start(CALM, undefined, { traderTokens: [TREND] });
  const timestamp = String(await rig.now());
  await rig.client.hset('quantum:state:portfolio', { equity_usd: '10000', positions_count: '0', timestamp });
  await rig.app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(rig.app.server.address() as AddressInfo).port}`;
  gate = new HttpGate({ url: `${url}/`, token: TREND.token });
});
afterAll(() => rig.stop());

it('asks, has its permit again, says what became of it, and gives one back', async () => {
  const first = await gate.ask({ ...ORDER, plan_id: 'p1' });
  expect(first).toMatchObject({ granted: true, repeated: false, permit: { computed_qty: 1 } });
  expect(await gate.ask({ ...ORDER, plan_id: 'p1' })).toEqual({ ...first, repeated: true });
  await gate.result('p1', { outcome: 'filled', qty: 1, price: 100.2 });
  const second = await gate.ask(ORDER);
  expect(await gate.giveBack(second.plan_id)).toBe(true);
  const refused = await gate.ask({ ...ORDER, qty: 5 });
  expect(refused).toMatchObject({ granted: false, reason: 'notional_per_trade_exceeded', largest: { qty: 2 } });
});

it('is given less where it asks for that, and at least what is of use to it', async () => {
  const less = { ...ORDER, plan_id: 'less', qty: 5, resize: true, min_qty: 2 };
  const first = await gate.ask(less);
  expect(first).toMatchObject({ granted: true, permit: { computed_qty: 2, computed_notional: 200, asked_qty: 5 } });
  expect(await gate.ask(less)).toEqual({ ...first, repeated: true });
  const refused = await gate.ask({ ...less, plan_id: 'less-b', min_qty: 2.01 });
  expect(refused).toMatchObject({ granted: false, reason: 'notional_per_trade_exceeded', largest: { qty: 2 } });
  await expect(gate.ask({ ...ORDER, min_qty: 1 })).rejects.toMatchObject({ status: 400 });
  expect(await gate.giveBack('less')).toBe(true);
});

it('says what cannot be asked, by whom, and under which id', async () => {
  const refusal = { name: 'Error', status: 400, message: expect.stringContaining('expected either qty') };
  await expect(gate.ask({ ...ORDER, notional_usd: 5 })).rejects.toMatchObject(refusal);
  await gate.ask({ ...ORDER, plan_id: 'p2' });
  await expect(gate.ask({ ...ORDER, plan_id: 'p2', qty: 2 })).rejects.toMatchObject({ status: 409 });
  await expect(new HttpGate({ url, token: 'nope' }).ask(ORDER)).rejects.toThrow(RequestRefused);
  await expect(gate.giveBack('nobody')).rejects.toMatchObject({ status: 404 });
});

it('tells no verdict, which no later one follows, from an outcome that nobody knows', async () => {
  const away = new HttpGate({ url: 'http://127.0.0.1:9', token: 'x' });
  const asked = away.ask({ ...ORDER, plan_id: 'p3' });
  await expect(asked).rejects.toThrow(OutcomeUnknown);
  await expect(asked).rejects.toMatchObject({ planId: 'p3' });
  await rig.system.stop();
  await expect(gate.ask({ ...ORDER, timeout_ms: 1 })).rejects.toThrow(OutcomeUnknown);
});

it.each([
  [504, '{"error":"no_verdict","message":"none"}', NoVerdict],
  [503, '{"error":"unavailable","message":"busy"}', OutcomeUnknown],
  [502, '<html>bad gateway</html>', OutcomeUnknown],
  [200, '<html>sign in</html>', UnknownReply],
  [200, '{"plan_id":"p1","granted":true}', UnknownReply],
  [429, '{"error":"too_many_requests","message":"slow"}', RequestRefused],
])('an answer %i %s is no permit', async (status, text, kind) => {
  const server = createServer((_request, response) => response.writeHead(status).end(text));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(new HttpGate({ url: `http://127.0.0.1:${port}`, token: 'x' }).ask(ORDER)).rejects.toThrow(kind);
  await new Promise((resolve) => server.close(resolve));
});
