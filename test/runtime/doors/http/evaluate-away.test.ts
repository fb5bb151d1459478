import { expect, test } from 'vitest';
import { buildApp } from '../../../../runtime/doors/http/app.ts';
import { fakeRuntime, httpContext, WITH_TOKEN } from '../../../support/http.ts';
import { recordedHandlers } from '../../../support/v1-requests.ts';

const PLAN = { symbol: 'BTCUSDT', action: 'OPEN', side: 'BUY', qty: '1', price: '100' };

test.each([
  [{ gate: 'heat-bridge', entry: PLAN }, 400, 'expected a gate of heat-gate or governor, got "heat-bridge"'],
  [{ entry: { symbol: 'A' } }, 400, 'action: expected 1 to 128 bytes'],
  [{ entry: PLAN }, 503, 'expected a connected Redis, got none'],
])('over HTTP without Redis, %j is answered %i', async (payload, status, said) => {
  const handlers = await recordedHandlers();
  const runtime = fakeRuntime({ handlers });
  const app = await buildApp(await httpContext(runtime));
  try {
    const answer = await app.inject({ method: 'POST', url: '/v1/evaluate', payload, headers: WITH_TOKEN });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().message).toContain(said);
  } finally {
    await app.close();
  }
});
