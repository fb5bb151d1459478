import type { FastifyPluginAsync } from 'fastify';
import type { LedgerPage } from '../../../schemas/api/ledger.ts';
import { verifyLedger } from '../../desk/ledger/ledger.ts';
import { ledgerPage } from '../../desk/ledger/ledger-pages.ts';
import { CHANGE_DEADLINE_MS } from './change.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { entryIdInput, limitInput, type Query } from './input.ts';

/** `GET /v1/ledger` and `/v1/ledger/verify`: who changed what, when and why, and whether that is all of it. */
export function registerLedgerRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.get<{ Querystring: Query }>('/ledger', async ({ query }): Promise<LedgerPage> => {
      const own = contextFor(context, query);
      const limit = limitInput(query.limit);
      const before = query.before === undefined ? undefined : entryIdInput('before', query.before);
      return await askRedis(own, (redis) => ledgerPage(redis, own.portfolio, { limit, before }), CHANGE_DEADLINE_MS);
    });
    app.get('/ledger/verify', async ({ query }) => {
      const own = contextFor(context, query);
      return await askRedis(own, (redis) => verifyLedger(redis, own.portfolio), CHANGE_DEADLINE_MS);
    });
  };
}
