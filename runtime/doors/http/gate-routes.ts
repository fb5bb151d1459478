import type { FastifyPluginAsync } from 'fastify';
import { declaredGates } from '../../desk/overview/gates.ts';
import type { HttpContext } from './context.ts';

/** `/v1/gates`: what every gate declares of itself, also those that other processes run. */
export function registerGateRoutes({ options }: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.get('/gates', async () => declaredGates(options.known.handlers));
  };
}
