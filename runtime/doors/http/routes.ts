import { z } from 'zod';
import { activationChanges, activationRoute } from './activation-routes.ts';
import { agentRoutes } from './agent-routes.ts';
import { controlRoutes, statusRoute } from './control-routes.ts';
import { deadLetterChanges, deadLetterRoutes } from './dead-letter-routes.ts';
import { decisionRoute } from './decision-routes.ts';
import { demoChanges, demoRoute } from './demo-routes.ts';
import { doctorRoute } from './doctor-routes.ts';
import { evaluateRoute } from './evaluate-routes.ts';
import { eventRoute } from './event-routes.ts';
import { feedAskRoute } from './feed-routes.ts';
import { gateRoute } from './gate-routes.ts';
import { ledgerRoutes } from './ledger-routes.ts';
import { lossConfirmRoute, lossReleaseRoute, lossRoute } from './loss-routes.ts';
import { openApiDocument } from './openapi.ts';
import { figureRoutes, overviewRoute } from './overview-routes.ts';
import { permitRoutes } from './permit-routes.ts';
import { planRoute } from './plan-routes.ts';
import { policyChanges, policyRoutes } from './policy-routes.ts';
import { previewRoute } from './preview-routes.ts';
import { proofChanges, proofRoute } from './proof-routes.ts';
import { type Route, route } from './route.ts';
import { shadowRoutes } from './shadow-routes.ts';
import { strategiesRoute, strategyChanges } from './strategy-routes.ts';
import { streamChanges, streamRoute } from './stream-routes.ts';

let document: ReturnType<typeof openApiDocument> | undefined;

const documentRoute = route({
  method: 'GET',
  url: '/openapi.json',
  schema: { tags: ['Now'], summary: 'This description', response: z.looseObject({ openapi: z.string() }) },
  async answer({ options }) {
    document ??= openApiDocument(operatingRoutes, options.known.handlers);
    return document;
  },
});

/** All routes under `/v1`, in the order of the document: those that look, and those that change something. */
export const operatingRoutes: readonly Route[] = [
  ...[
    statusRoute,
    overviewRoute,
    eventRoute,
    ...figureRoutes,
    doctorRoute,
    proofRoute,
    demoRoute,
    lossRoute,
    strategiesRoute,
  ],
  ...[decisionRoute, planRoute, ...shadowRoutes, evaluateRoute],
  ...[activationRoute, ...policyRoutes],
  ...[...deadLetterRoutes, gateRoute, streamRoute, ...ledgerRoutes],
  ...[previewRoute, documentRoute],
  ...permitRoutes,
  ...agentRoutes,
  ...[
    ...controlRoutes,
    lossReleaseRoute,
    lossConfirmRoute,
    feedAskRoute,
    ...proofChanges,
    ...demoChanges,
    ...strategyChanges,
    ...activationChanges,
    ...policyChanges,
    ...deadLetterChanges,
    ...streamChanges,
  ],
];
