import type { FastifyPluginAsync } from 'fastify';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { ActivateBody, RollbackBody } from '../../../schemas/api/activation.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { activatedGate } from '../../desk/activation/gates.ts';
import type { Operations } from '../../desk/operations/operations.ts';
import { Refusal } from '../../engine/commit/operation.ts';
import { onPortfolio, operationsIn, unlessRefused } from './change.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { bodyInput, type Query } from './input.ts';

/** The decision log is read from the last change of limits on: days of it take seconds. */
const EVIDENCE_DEADLINE_MS = MINUTE_MS;

/** `GET /v1/activation`, `POST /v1/activate` and `POST /v1/rollback`: the operations of the command line. */
export function registerActivationRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.get('/activation', async ({ query }) => {
      const own = contextFor(context, query);
      const gate = gateInput(context.options.known.handlers, (query as Query).gate);
      const work = () => operationsIn(own).activation(gate);
      return await unlessRefused(() => askRedis(own, work, EVIDENCE_DEADLINE_MS));
    });
    app.post('/activate', async ({ body, query }) => {
      const { gate, force, watch_sec, ...change } = bodyInput(ActivateBody, body);
      const options = { force, watchMs: watch_sec * 1000 };
      const work = (operations: Operations) => operations.activate(gate, change, options);
      return await onPortfolio(context, query, work, EVIDENCE_DEADLINE_MS);
    });
    app.post('/rollback', async ({ body, query }) => {
      const { gate, rehearse, ...change } = bodyInput(RollbackBody, body);
      return await onPortfolio<unknown>(context, query, (operations) =>
        rehearse ? operations.rehearseRollback(gate, change) : operations.rollBack(gate, change),
      );
    });
  };
}

function gateInput(handlers: readonly AnyHandler[], given: Query[string]): string {
  try {
    return activatedGate(handlers, String(given ?? '')).gate;
  } catch (error) {
    if (error instanceof Refusal) throw new HttpError(400, `gate: ${error.message}`);
    throw error;
  }
}
