import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../../../runtime/doors/http/app.ts';
import { portfolioOf } from '../../../../runtime/settings/portfolio.ts';
import { fakeRuntime, httpContext } from '../../../support/http.ts';
import {
  budgets,
  looks,
  named,
  posts,
  recordedGates,
  recordedHandlers,
  short,
  type V1Request,
} from '../../../support/v1-requests.ts';

const FIXTURES = '../../../fixtures/http';
let one: FastifyInstance;
let two: FastifyInstance;

beforeAll(async () => {
  const options = { viewerToken: 'viewer-of-this-test', p28TestMode: true, known: await recordedGates() };
  const portfolios = [portfolioOf('quantum'), portfolioOf('{fund-a}')];
  const down = () => false;
  const handlers = await recordedHandlers();
  one = await buildApp(await httpContext(fakeRuntime({ redisUp: down, handlers }), options));
  two = await buildApp(await httpContext(fakeRuntime({ redisUp: down, handlers, portfolios }), options));
});
afterAll(async () => {
  await one.close();
  await two.close();
});

/** Each request and its answer, on two lines; the description of the routes is on record elsewhere. */
async function answers(app: FastifyInstance, requests: readonly V1Request[]): Promise<string> {
  const lines: string[] = [];
  for (const request of requests) {
    const { statusCode, headers, payload } = await app.inject({ ...request });
    const body = payload.startsWith('{"openapi"') ? '(openapi.json)' : payload;
    const type = String(headers['content-type'] ?? '');
    lines.push(named(request), `  ${statusCode} ${type} ${short(body)}`.trimEnd());
  }
  return `${lines.join('\n')}\n`;
}

describe('what is answered while Redis is down is, to the byte, what is on record', () => {
  it('to who looks', async () => {
    await expect(await answers(one, looks())).toMatchFileSnapshot(`${FIXTURES}/v1-looks.txt`);
  });

  it('to who posts', async () => {
    await expect(await answers(one, posts())).toMatchFileSnapshot(`${FIXTURES}/v1-posts.txt`);
  });

  it('to who asks of budgets', async () => {
    await expect(await answers(one, budgets())).toMatchFileSnapshot(`${FIXTURES}/budget.txt`);
  });

  it('where two portfolios are served', async () => {
    const some = [...looks(), ...posts()].filter((_request, index) => index % 7 === 0);
    await expect(await answers(two, some)).toMatchFileSnapshot(`${FIXTURES}/v1-two-portfolios.txt`);
  });
});
