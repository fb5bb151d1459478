import { existsSync } from 'node:fs';
import { join } from 'node:path';
import files from '@fastify/static';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { PAGE_FOLDER } from '../../../settings/project-files.ts';
import { type HttpContext, underPressureToo } from '../context.ts';
import { errorBody, notFound } from '../errors.ts';

const FOREVER = 'public, max-age=31536000, immutable';
const NOT_BUILT =
  'expected the built page of the console in dist/console, found none: run "npm run build", and start again';

/** The files of the console's page. They hold no data: whoever is not signed in sees the sign-in and no more. */
export function registerPage(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    const folder = context.options.pageFolder ?? PAGE_FOLDER;
    app.addHook('onRoute', (route) => {
      route.config = { ...route.config, ...underPressureToo };
    });
    if (existsSync(join(folder, 'index.html'))) await serve(app, folder);
    else app.get('/*', async (_request, reply) => reply.code(503).send(errorBody(503, NOT_BUILT)));
  };
}

/** A path without a file name is a view of the page. */
async function serve(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(files, {
    root: folder,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const isHashed = path.startsWith(join(folder, 'assets/'));
      reply.header('Cache-Control', isHashed ? FOREVER : 'no-cache');
    },
  });
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const isView = request.method === 'GET' && !(path.split('/').at(-1) ?? '').includes('.');
    return isView ? reply.sendFile('index.html') : notFound(request, reply);
  });
}
