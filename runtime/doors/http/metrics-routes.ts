import type { FastifyInstance } from 'fastify';
import { contextShown, type HttpContext, underPressureToo } from './context.ts';

/** `GET /metrics`: on 8040 all families, on another listener those of its gate (contract §6); `?portfolio=` of a proof's scratch portfolio: its own. */
export function registerMetricsRoutes(app: FastifyInstance, context: HttpContext): void {
  const config = { servedThere: 'metrics', ...underPressureToo } as const;
  app.get('/metrics', { config }, async (request, reply) => {
    const { runtime } = contextShown(context, request.query);
    const text = await runtime.metrics.exposition(request.listener?.gate);
    return reply.type(runtime.metrics.contentType).send(text);
  });
}
