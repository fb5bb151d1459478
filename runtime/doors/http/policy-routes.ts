import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import {
  CandidateBody,
  type Policies,
  PolicyBody,
  type PolicyPage,
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
import { bodyInput } from './input.ts';

type OfGate = { readonly Params: { readonly gate: string } };

/** `/v1/policies`: the limits of the gates, what is in force of them, and changes with what they would do. */
export function registerPolicyRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.get('/policies', async ({ query }): Promise<Policies> => {
      const own = contextFor(context, query);
      return { policies: await askRedis(own, () => policyViews(depsOf(own)), CHANGE_DEADLINE_MS) };
    });
    app.get<OfGate>('/policies/:gate', async ({ params, query }): Promise<PolicyPage> => {
      const own = contextFor(context, query);
      const gate = gateOf(own, params.gate);
      return await askRedis(own, () => policyPage(depsOf(own), gate), CHANGE_DEADLINE_MS);
    });
    const asks = { config: { changesNothing: true } } as const;
    app.post<OfGate>('/policies/:gate/preview', asks, async ({ params, query, body }) => {
      const own = contextFor(context, query);
      const gate = gateOf(own, params.gate);
      const { settings } = bodyInput(PolicyPreviewBody, body);
      return await unlessRefused(() =>
        askRedis(own, () => previewLimits(depsOf(own), gate, settings), CHANGE_DEADLINE_MS),
      );
    });
    registerChanges(app, context);
  };
}

function registerChanges(app: FastifyInstance, context: HttpContext): void {
  app.post<OfGate>('/policies/:gate', async ({ params, query, body }) => {
    const { settings, version, ...change } = bodyInput(PolicyBody, body);
    const gate = gateOf(context, params.gate);
    return await onPortfolio(context, query, (_operations, own) =>
      setLimits(depsOf(own), gate, { settings, version }, change),
    );
  });
  app.post<OfGate>('/policies/:gate/candidate', async ({ params, query, body }) => {
    const { settings, mode, ...change } = bodyInput(CandidateBody, body);
    const gate = gateOf(context, params.gate);
    return await onPortfolio(context, query, async (_operations, own) => {
      const candidate = await tryLimits(depsOf(own), gate, { settings, mode }, change);
      return { gate, candidate: candidate ?? null };
    });
  });
  app.post<OfGate>('/policies/:gate/rollback', async ({ params, query, body }) => {
    const { version, ...change } = bodyInput(RollbackBody, body);
    const gate = gateOf(context, params.gate);
    return await onPortfolio(context, query, (_operations, own) => rollBack(depsOf(own), gate, version, change));
  });
}

function depsOf({ runtime, portfolio, options }: HttpContext): PolicyDeps {
  const { handlers, environment } = options.known;
  return { redis: runtime.redisOf(portfolio), portfolio, handlers, environment };
}

function gateOf({ options }: HttpContext, given: string): string {
  const gates = policyGates(options.known.handlers);
  if (gates.includes(given)) return given;
  throw new HttpError(404, `gate: expected ${alternatives(gates)}, got ${quoted(given)}`);
}
