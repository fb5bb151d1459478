import type { FastifyInstance, FastifyReply } from 'fastify';
import { healthAnswer } from '../../../handlers/common/budget.ts';
import { watchLiveness } from '../../engine/status/liveness.ts';
import { bridgeHealth } from './bridge-health.ts';
import {
  contextShown,
  type HttpContext,
  redisAnswers,
  redisAnswersForAll,
  servedOn,
  underPressureToo,
} from './context.ts';
import { gateHealth, systemHealth } from './gate-health.ts';
import { readiness } from './health.ts';
import type { Role } from './listeners.ts';

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
  const everywhere = { ...servedOn('p26', 'p27Health', 'p28', 'governor'), ...underPressureToo };
  app.get('/health', { config: everywhere }, (request, reply) =>
    answerHealth(contextShown(context, request.query), request.role, reply),
  );
}

async function answerHealth(context: HttpContext, role: Role, reply: FastifyReply): Promise<FastifyReply> {
  const { code, body } = await healthOf(context, role);
  return reply.code(code).send(body);
}

async function healthOf(context: HttpContext, role: Role): Promise<{ code: number; body: unknown }> {
  const { runtime, portfolio } = context;
  switch (role) {
    case 'http':
      return await systemHealth(context);
    case 'p26':
      return await gateHealth(context, 'heat-gate', 'p2.6-portfolio-heat-gate');
    case 'p27Metrics':
    case 'p27Health':
      return await bridgeHealth(context);
    case 'p28':
      return healthAnswer(runtime.mode(portfolio, 'risk-governor'), await redisAnswers(context));
    case 'governor':
      return await gateHealth(context, 'governor', 'p3.2-governor');
  }
}
