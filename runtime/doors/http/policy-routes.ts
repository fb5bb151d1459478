import { z } from 'zod';
import {
  CandidateAnswer,
  CandidateBody,
  Policies,
  PolicyBody,
  PolicyChange,
  PolicyPage,
  PolicyPreview,
  PolicyPreviewBody,
  RollbackBody,
} from '../../../schemas/api/policy.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import {
  type PolicyDeps,
  policyPage,
  policyViews,
  rollBack,
  setLimits,
  tryLimits,
} from '../../desk/policy/policy-changes.ts';
import { previewLimits } from '../../desk/policy/policy-preview.ts';
import { policyGates } from '../../engine/policy/policy-gate.ts';
import { CHANGE_DEADLINE_MS, onPortfolio, unlessRefused } from './change.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { type Route, route } from './route.ts';

const OfGate = z.object({ gate: z.string() });

/** `/v1/policies`: the limits of the gates, what is in force of them, and what others would do. */
export const policyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/policies',
    schema: { tags: ['Policies'], summary: 'The limits of all gates, and who says so', response: Policies },
    async answer(context, { query }) {
      const own = contextFor(context, query);
      return { policies: await askRedis(own, () => policyViews(depsOf(own)), CHANGE_DEADLINE_MS) };
    },
  }),
  route({
    method: 'GET',
    url: '/policies/:gate',
    schema: {
      tags: ['Policies'],
      summary: 'The policy of a gate with its versions',
      gates: 'limits',
      params: OfGate,
      response: PolicyPage,
      refusals: [404],
    },
    async answer(context, { params, query }) {
      const own = contextFor(context, query);
      const gate = gateOf(own, params.gate);
      return await askRedis(own, () => policyPage(depsOf(own), gate), CHANGE_DEADLINE_MS);
    },
  }),
  route({
    method: 'POST',
    url: '/policies/:gate/preview',
    schema: {
      tags: ['Policies'],
      summary: 'What other limits would change, and would have changed in 24 hours',
      gates: 'limits',
      params: OfGate,
      body: PolicyPreviewBody,
      response: PolicyPreview,
      refusals: [404, 409],
    },
    config: { changesNothing: true },
    first: (context, { params, query }) => void gateOf(contextFor(context, query), OfGate.parse(params).gate),
    async answer(context, { params, query, body }) {
      const own = contextFor(context, query);
      const gate = gateOf(own, params.gate);
      return await unlessRefused(() =>
        askRedis(own, () => previewLimits(depsOf(own), gate, body.settings), CHANGE_DEADLINE_MS),
      );
    },
  }),
];

/** Changes of limits, of the candidate, and back to an earlier version. */
export const policyChanges: readonly Route[] = [
  route({
    method: 'POST',
    url: '/policies/:gate',
    schema: {
      tags: ['Changes'],
      summary: 'Set limits of a gate',
      gates: 'limits',
      params: OfGate,
      body: PolicyBody,
      response: PolicyChange,
      refusals: [404],
    },
    async answer(context, { params, query, body }) {
      const { settings, version, ...change } = body;
      const gate = gateOf(context, params.gate);
      return await onPortfolio(context, query, (_operations, own) =>
        setLimits(depsOf(own), gate, { settings, version }, change),
      );
    },
  }),
  route({
    method: 'POST',
    url: '/policies/:gate/candidate',
    schema: {
      tags: ['Changes'],
      summary: 'Judge by other limits too, with no effect; or stop it',
      gates: 'limits',
      params: OfGate,
      body: CandidateBody,
      response: CandidateAnswer,
      refusals: [404],
    },
    async answer(context, { params, query, body }) {
      const { settings, mode, ...change } = body;
      const gate = gateOf(context, params.gate);
      return await onPortfolio(context, query, async (_operations, own) => {
        const { candidate, uncounted } = await tryLimits(depsOf(own), gate, { settings, mode }, change);
        const try_counted = candidate === undefined ? null : uncounted === undefined;
        return { gate, candidate: candidate ?? null, try_counted };
      });
    },
  }),
  route({
    method: 'POST',
    url: '/policies/:gate/rollback',
    schema: {
      tags: ['Changes'],
      summary: 'Put an earlier version in force again, limits and mode',
      gates: 'limits',
      params: OfGate,
      body: RollbackBody,
      response: PolicyChange,
      refusals: [404],
    },
    async answer(context, { params, query, body }) {
      const { version, ...change } = body;
      const gate = gateOf(context, params.gate);
      return await onPortfolio(context, query, (_operations, own) => rollBack(depsOf(own), gate, version, change));
    },
  }),
];

function depsOf({ runtime, portfolio, options }: HttpContext): PolicyDeps {
  const { handlers, environment } = options.known;
  return { redis: runtime.redisOf(portfolio), portfolio, handlers, environment };
}

function gateOf({ options }: HttpContext, given: string): string {
  const gates = policyGates(options.known.handlers);
  if (gates.includes(given)) return given;
  throw new HttpError(404, `gate: expected ${alternatives(gates)}, got ${quoted(given)}`);
}
