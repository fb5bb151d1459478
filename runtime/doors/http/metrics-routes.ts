import type { FastifyInstance } from 'fastify';
import { contextShown, type HttpContext, servedOn, underPressureToo } from './context.ts';
import { LISTENERS } from './listeners.ts';

/** `GET /metrics`: on 8040 all families, on another listener those of its gate (contract §6); `?portfolio=` of a proof's scratch portfolio: its own. */
export function registerMetricsRoutes(app: FastifyInstance, context: HttpContext): void {
  const config = { ...servedOn('p26', 'p27Metrics', 'p28', 'governor'), ...underPressureToo };
  app.get('/metrics', { config }, async (request, reply) => {
    const { runtime } = contextShown(context, request.query);
    const gate = LISTENERS.find(({ role }) => role === request.role)?.gate;
    return reply.type(runtime.metrics.contentType).send(await runtime.metrics.exposition(gate));
  });
}
