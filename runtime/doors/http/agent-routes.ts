import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { ProposalAnswer, ProposalBody, TightenAnswer, TightenBody } from '../../../schemas/api/agent.ts';
import { HarvestProposal } from '../../../schemas/harvest.ts';
import { streams } from '../../../schemas/keys.ts';
import type { Operations } from '../../desk/operations/operations.ts';
import type { Change } from '../../engine/commit/operation.ts';
import { flatEntry } from '../client/fields.ts';
import { onPortfolio } from './change.ts';
import { HttpError } from './errors.ts';
import { add, askedBy, readable } from './permit-routes.ts';
import { type Route, route } from './route.ts';

/** `POST /v1/proposals`: an exit for the heat gate, the way a strategy proposes one. */
const proposalRoute = route({
  method: 'POST',
  url: '/proposals',
  schema: {
    tags: ['Permits'],
    summary: 'Propose an exit to the heat gate',
    description:
      'The plan id is made here, so that nobody proposes under the id of another. Its way is at `/v1/plans/{id}`.',
    body: ProposalBody,
    response: ProposalAnswer,
  },
  config: { forAgents: true },
  async answer(context, request) {
    const { strategy: named, ...exit } = request.body;
    const { own, strategy } = askedBy(context, request, named);
    const planId = `exit-${randomUUID()}`;
    const proposal = { plan_id: planId, ...exit, strategy };
    const entry = readable(() => flatEntry(HarvestProposal, proposal));
    return { plan_id: planId, id: await add(own, streams.proposals, entry) };
  },
});

/** `POST /v1/tighten`: what an agent may change. Nothing that loosens is reached by it, whatever stands when it comes. */
const tightenRoute = route({
  method: 'POST',
  url: '/tighten',
  schema: {
    tags: ['Changes'],
    summary: 'Tighten, and nothing else',
    description:
      'For `AGENT_TOKENS` too, under the name of the agent in the ledger; `kill` only with `MCP_ALLOW_KILL`.',
    body: TightenBody,
    response: TightenAnswer,
  },
  config: { forAgents: true },
  async answer(context, request) {
    const { to, strategy: named, ...told } = request.body;
    const { own, strategy } = askedBy(context, request, named);
    const isAgent = request.requester?.role === 'trader';
    if (to === 'kill' && isAgent && own.options.agentsMayKill !== true) {
      throw new HttpError(
        403,
        'kill: expected MCP_ALLOW_KILL=1 in the environment of the running system, got none: a kill holds exits too. reduce_only holds what opens',
      );
    }
    const change = isAgent ? { ...told, actor: `agent ${strategy}` } : told;
    const query = { portfolio: own.portfolio.prefix };
    const { before, after } = await onPortfolio(own, query, (operations) =>
      tightened(operations, to, strategy, change),
    );
    return { to, before, after };
  },
});

/** None of these loosens, whatever stands when it comes. */
async function tightened(
  operations: Operations,
  to: z.output<typeof TightenBody>['to'],
  strategy: string | undefined,
  change: Change,
): Promise<{ readonly before: string; readonly after: string }> {
  if (to === 'kill') return await operations.setKill(true, change);
  if (to === 'reduce_only') return await operations.reduceOnly(change);
  if (strategy === undefined) throw new HttpError(400, 'strategy: expected which one to pause, got none');
  return await operations.setStrategyPaused(strategy, true, change);
}

/** What agents do besides asking for permits and looking. */
export const agentRoutes: readonly Route[] = [proposalRoute, tightenRoute];
