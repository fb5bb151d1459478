import { ProofBody, ProofRun } from '../../../schemas/api/proof.ts';
import { brokenNow } from '../../desk/doctor/broken.ts';
import { lastRecord } from '../../desk/prove/run-record.ts';
import type { ProofRuns } from '../../desk/prove/runs.ts';
import type { Change } from '../../engine/commit/operation.ts';
import { CHANGE_DEADLINE_MS, onPortfolio } from './change.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { type Route, route } from './route.ts';

/** `GET /v1/proof`: how the last proof stands that was begun over HTTP. */
export const proofRoute: Route = route({
  method: 'GET',
  url: '/proof',
  schema: {
    tags: ['Now'],
    summary: 'How the last proof stands that was begun over HTTP',
    description: 'Kept for a week. `portcullis prove` tells of its own where it runs.',
    response: ProofRun,
  },
  async answer(context, { query }) {
    const own = contextFor(context, query);
    return await askRedis(own, async (redis) => (await lastRecord(redis, own.portfolio)).run);
  },
});

/** Beginning a proof, and stopping it. */
export const proofChanges: readonly Route[] = [
  route({
    method: 'POST',
    url: '/proof',
    schema: {
      tags: ['Changes'],
      summary: 'Prove the running system, on a scratch portfolio',
      description: 'What `portcullis prove` does, without `--destructive`; one at a time on a portfolio.',
      body: ProofBody,
      response: ProofRun,
    },
    async answer(context, { body, query }) {
      return await onPortfolio(context, query, (_, own) => runsOf(own).begin(depsOf(own, body)));
    },
  }),
  route({
    method: 'POST',
    url: '/proof/stop',
    schema: {
      tags: ['Changes'],
      summary: 'Stop the proof that runs, and clear it away',
      body: ProofBody,
      response: ProofRun,
    },
    async answer(context, { body, query }) {
      return await onPortfolio(
        context,
        query,
        (_, own) => askRedis(own, (redis) => runsOf(own).askToStop(redis, own.portfolio, body)),
        CHANGE_DEADLINE_MS,
      );
    },
  }),
];

function depsOf({ options, portfolio }: HttpContext, change: Change): Parameters<ProofRuns['begin']>[0] {
  const { handlers, environment, lanesOf } = options.known;
  const known = { handlers, environment, lanes: lanesOf(portfolio) };
  return { portfolio, handlers, change, broken: (redis) => brokenNow(redis, portfolio, known) };
}

function runsOf({ options }: HttpContext): ProofRuns {
  if (options.proofs !== undefined) return options.proofs.runs;
  throw new HttpError(
    409,
    'expected a process that can make proofs, got one that serves another run: start it by portcullis start',
  );
}
