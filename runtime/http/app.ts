import Fastify, { type FastifyInstance } from 'fastify';
import { registerBudgetRoutes } from './budget-routes.ts';
import type { HttpContext } from './context.ts';
import { registerControlRoutes } from './control-routes.ts';
import { errorHandler, notFound } from './errors.ts';
import { registerEvaluateRoutes } from './evaluate-routes.ts';
import { registerHealthRoutes } from './health-routes.ts';
import type { Role } from './listeners.ts';
import { registerMetricsRoutes } from './metrics-routes.ts';
import { registerPlanRoutes } from './plan-routes.ts';
import { underPressure } from './pressure.ts';
import { boardConstraint, registerQueues } from './queues.ts';

const BODY_LIMIT = 64 * 1024;
const SELF_ONLY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/**
 * The one app behind all listeners, ready to route. `roleOf` says what the listener of a local port is for: a route
 * that is not that role's own is a 404 there.
 */
export async function buildApp(
  context: HttpContext,
  roleOf: (localPort: number | undefined) => Role,
): Promise<FastifyInstance> {
  const onError = errorHandler(context.runtime.log);
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error, request, reply) => void onError(error, request, reply),
  });
  app.addConstraintStrategy(boardConstraint(context.options.adminToken));
  app.setErrorHandler(onError);
  app.setNotFoundHandler(notFound);
  app.decorateRequest('role', 'http');
  app.addHook('onRequest', async (request, reply) => {
    request.role = roleOf(request.socket.localPort);
    reply.headers({
      'Content-Security-Policy': SELF_ONLY,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    const served = request.role === 'http' || request.routeOptions.config.roles?.includes(request.role);
    if (!served && !request.is404) return notFound(request, reply);
  });
  await underPressure(app, context.options.maxEventLoopDelayMs);
  registerMetricsRoutes(app, context);
  registerHealthRoutes(app, context);
  if (context.options.gates.includes('risk-governor')) await app.register(registerBudgetRoutes(context));
  await app.register(registerControlRoutes(context), { prefix: '/v1' });
  await app.register(registerPlanRoutes(context), { prefix: '/v1' });
  await app.register(registerEvaluateRoutes(context), { prefix: '/v1' });
  await registerQueues(app, context);
  await app.ready();
  return app;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What the listener that took this request is for. */
    role: Role;
  }
}
