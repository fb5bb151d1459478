import Fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyRequest } from 'fastify';
import { asKnown } from '../../engine/commit/actor-known.ts';
import { type Listener, listenersOf } from '../../settings/ports.ts';
import { allowedHost } from './allowed-host.ts';
import { registerBudgetRoutes } from './budget-routes.ts';
import { registerConsole } from './console/index.ts';
import type { HttpContext, HttpOptions } from './context.ts';
import { errorHandler, notFound } from './errors.ts';
import { registerHealthRoutes } from './health-routes.ts';
import { registerMetricsRoutes } from './metrics-routes.ts';
import { PAGE_HEADERS } from './page-headers.ts';
import { underPressure } from './pressure.ts';
import { boardConstraint, registerQueues } from './queues.ts';
import { served } from './route.ts';
import { operatingRoutes } from './routes.ts';
import { registerRunbookRoute } from './runbook-routes.ts';
import { validatorCompiler } from './validation.ts';

const BODY_LIMIT = 64 * 1024;
/**
 * The one app behind all listeners, ready to route. `roleOf` says what the listener of a local port is for: a route
 * that is not that role's own is a 404 there.
 */
export async function buildApp(
  context: HttpContext,
  listenerAt: (localPort: number | undefined) => Listener | undefined = () => undefined,
): Promise<FastifyInstance> {
  const onError = errorHandler(context.runtime.log);
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    trustProxy: [...(context.options.trustedProxies ?? [])],
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error, request, reply) => void onError(error, request, reply),
  });
  app.addConstraintStrategy(boardConstraint(context.access));
  app.setErrorHandler(onError);
  app.setNotFoundHandler(notFound);
  app.decorateRequest('listener', null);
  app.decorateRequest('requester', null);
  app.addHook('onRequest', allowedHost(context));
  app.addHook('onRequest', async (request, reply) => {
    request.listener = listenerAt(request.socket.localPort) ?? null;
    reply.headers(PAGE_HEADERS);
    if (!isServed(request) && !request.is404) return notFound(request, reply);
  });
  app.addHook('onClose', async () => context.permits.close());
  await underPressure(app, context.options.maxEventLoopDelayMs);
  registerMetricsRoutes(app, context);
  registerHealthRoutes(app, context);
  registerRunbookRoute(app);
  if (budgetsAreServed(context.options)) await app.register(registerBudgetRoutes(context));
  await app.register(registerOperating(context), { prefix: '/v1' });
  await app.register(registerConsole(context), { prefix: '/console' });
  await registerQueues(app, context);
  await app.ready();
  return app;
}

/** Whether its listener answers what is asked for: the main one everything. */
function isServed({ listener, routeOptions }: FastifyRequest): boolean {
  if (listener?.serves === undefined) return true;
  const { servedThere } = routeOptions.config;
  return servedThere !== undefined && listener.serves.includes(servedThere);
}

function budgetsAreServed({ gates, known }: HttpOptions): boolean {
  return listenersOf(known.handlers).some(
    ({ gate, serves }) => gate !== undefined && gates.includes(gate) && serves?.includes('budgets') === true,
  );
}

/** All routes under `/v1`, behind sign-in. */
export function registerOperating(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRequest', context.access.guard);
    app.addHook('preValidation', context.access.signChange);
    app.addHook('preHandler', context.access.guardUrgent);
    app.addHook('preHandler', ({ requester }, _reply, done) =>
      asKnown(requester?.session ? `session:${requester.session.name}` : 'token', done),
    );
    app.setValidatorCompiler(validatorCompiler);
    for (const route of operatingRoutes) app.route(served(route, context));
  };
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The listener that took this request; null: the main one. */
    listener: Listener | null;
  }
}
