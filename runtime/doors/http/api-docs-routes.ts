import type { FastifyPluginAsync } from 'fastify';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { openApiDocument } from '../api-docs/openapi.ts';

/** `GET /v1/openapi.json`: the description of all routes under `/v1`. */
export function registerApiDocsRoutes(handlers: readonly AnyHandler[]): FastifyPluginAsync {
  let document: ReturnType<typeof openApiDocument> | undefined;
  return async (app) => {
    app.get('/openapi.json', async () => {
      document ??= openApiDocument(handlers);
      return document;
    });
  };
}
