import type { FastifyInstance, FastifyReply } from 'fastify';
import { watchLiveness } from '../../engine/status/liveness.ts';
import { contextShown, type HttpContext, redisAnswers, redisAnswersForAll, underPressureToo } from './context.ts';
import { gateHealth, modeHealth, systemHealth } from './gate-health.ts';
import { readiness } from './health.ts';
import { progressHealth } from './progress-health.ts';

/** `GET /healthz`, `GET /readyz` on 8040, and `GET /health` in the shape of the listener it is asked on. */
export function registerHealthRoutes(app: FastifyInstance, context: HttpContext): void {
  const { runtime } = context;
  const config = underPressureToo;
  const watch = watchLiveness(runtime);
  app.addHook('onClose', async () => watch.stop());
  app.get('/healthz', { config }, async (_request, reply) => {
    const body = watch.now();
    return reply.code(body.status === 'alive' ? 200 : 503).send(body);
  });
  app.get('/readyz', { config }, async (_request, reply) => {
    const redisUp = await redisAnswersForAll(context);
    const facts = { redisUp, lanes: runtime.lanes(), streams: runtime.streamProblems() };
    const body = readiness(facts, context.options.feedProblems?.());
    return reply.code(body.status === 'ready' ? 200 : 503).send(body);
  });
  const everywhere = { servedThere: 'health', ...underPressureToo } as const;
  app.get('/health', { config: everywhere }, (request, reply) =>
    answerHealth(contextShown(context, request.query), request.listener?.gate, reply),
  );
}

async function answerHealth(
  context: HttpContext,
  gate: string | undefined,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { code, body } = await healthOf(context, gate);
  return reply.code(code).send(body);
}

async function healthOf(context: HttpContext, gate: string | undefined): Promise<{ code: number; body: unknown }> {
  const { runtime, portfolio, options } = context;
  if (gate === undefined) return await systemHealth(context);
  const own = options.known.handlers.find((handler) => handler.gate === gate && handler.health !== undefined)?.health;
  const { tells, service } = own ?? { tells: 'lanes', service: gate };
  switch (tells) {
    case 'lanes':
      return await gateHealth(context, gate, service);
    case 'progress':
      return await progressHealth(context, gate);
    case 'mode':
      return modeHealth(service, runtime.mode(portfolio, gate), await redisAnswers(context));
  }
}
