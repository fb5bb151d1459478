import type { FastifyRequest } from 'fastify';
import { DemoBody, DemoNow, DemoRun } from '../../../schemas/api/demo.ts';
import { onPortfolio } from './change.ts';
import { askRedis, contextFor, type Demos, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { type Route, route } from './route.ts';

/** `GET /v1/demo`: how the last demo stands that was begun over HTTP. */
export const demoRoute: Route = route({
  method: 'GET',
  url: '/demo',
  schema: {
    tags: ['Now'],
    summary: 'How the demo month stands that was begun over HTTP',
    description: 'For operators alone. `npm run demo` tells of its own where it runs.',
    response: DemoNow,
    refusals: [403, 409],
  },
  first: (_, request) => requireOperator(request),
  async answer(context, { query }) {
    const own = contextFor(context, query);
    return await askRedis(own, (redis) => demosOf(own).now(redis, own.portfolio));
  },
});

/** Beginning a demo, and ending it. */
export const demoChanges: readonly Route[] = [
  route({
    method: 'POST',
    url: '/demo',
    schema: {
      tags: ['Changes'],
      summary: 'Play the demo month into a portfolio of its own',
      description:
        'One at a time, and only beside a portfolio whose governor is in testnet mode and whose decision log is empty. Its prefix is looked at by `?portfolio=`; an hour after its end it is deleted.',
      body: DemoBody,
      response: DemoRun,
    },
    async answer(context, { body, query }) {
      return await onPortfolio(context, query, (_, own) => demosOf(own).begin(own.portfolio, body));
    },
  }),
  route({
    method: 'POST',
    url: '/demo/stop',
    schema: {
      tags: ['Changes'],
      summary: 'End the demo month that stands, and delete it',
      body: DemoBody,
      response: DemoRun,
    },
    async answer(context, { body, query }) {
      return await onPortfolio(context, query, (_, own) =>
        askRedis(own, (redis) => demosOf(own).askToEnd(redis, own.portfolio, body)),
      );
    },
  }),
];

function requireOperator({ requester }: FastifyRequest): void {
  if (requester?.role === 'operator') return;
  throw new HttpError(403, `expected an operator, got a ${requester?.role ?? 'stranger'}: sign in with ADMIN_TOKEN`);
}

function demosOf({ options }: HttpContext): Demos {
  if (options.demos !== undefined) return options.demos;
  throw new HttpError(
    409,
    'expected a process that can play demos, got one that serves another run: start it by portcullis start',
  );
}
