import { LedgerPage, LedgerVerdict } from '../../../schemas/api/ledger.ts';
import { verifyLedger } from '../../desk/ledger/ledger.ts';
import { ledgerPage } from '../../desk/ledger/ledger-pages.ts';
import { CHANGE_DEADLINE_MS } from './change.ts';
import { askRedis, contextFor } from './context.ts';
import { Page } from './parameters.ts';
import { portfolioFirst, type Route, route } from './route.ts';

/** `GET /v1/ledger` and `/v1/ledger/verify`: who changed what, when and why, and whether that is all of it. */
export const ledgerRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/ledger',
    schema: {
      tags: ['Records'],
      summary: 'Who changed what, when and why, newest first',
      querystring: Page,
      response: LedgerPage,
    },
    first: portfolioFirst,
    async answer(context, { query }) {
      const own = contextFor(context, query);
      const { limit, before } = query;
      return await askRedis(own, (redis) => ledgerPage(redis, own.portfolio, { limit, before }), CHANGE_DEADLINE_MS);
    },
  }),
  route({
    method: 'GET',
    url: '/ledger/verify',
    schema: { tags: ['Records'], summary: 'Whether the ledger is as it was written', response: LedgerVerdict },
    async answer(context, { query }) {
      const own = contextFor(context, query);
      return await askRedis(own, (redis) => verifyLedger(redis, own.portfolio), CHANGE_DEADLINE_MS);
    },
  }),
];
