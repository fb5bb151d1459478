import type { FastifyPluginAsync } from 'fastify';
import type { HttpContext } from '../context.ts';
import { registerPage } from './page-routes.ts';
import { registerSessionRoutes } from './session-routes.ts';

/** Everything under `/console`: signing in, and the page. */
export function registerConsole(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.get('/', { prefixTrailingSlash: 'no-slash' }, async (_request, reply) => reply.redirect('/console/', 302));
    await app.register(registerSessionRoutes(context));
    await app.register(registerPage(context));
  };
}
