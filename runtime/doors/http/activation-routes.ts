import { z } from 'zod';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import {
  ActivateBody,
  Activated,
  ActivationView,
  Rehearsal,
  RollbackBody,
  RolledBack,
} from '../../../schemas/api/activation.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { activatedGate } from '../../desk/activation/gates.ts';
import type { Operations } from '../../desk/operations/operations.ts';
import { Refusal } from '../../engine/commit/operation.ts';
import { onPortfolio, operationsIn, unlessRefused } from './change.ts';
import { askRedis, contextFor } from './context.ts';
import { HttpError } from './errors.ts';
import { gateNamed, type Query } from './parameters.ts';
import { type Route, route } from './route.ts';

/** The decision log is read from the last change of limits on: days of it take seconds. */
const EVIDENCE_DEADLINE_MS = MINUTE_MS;

/** `GET /v1/activation`: the checklist of the command line. */
export const activationRoute: Route = route({
  method: 'GET',
  url: '/activation',
  schema: {
    tags: ['Policies'],
    summary: 'The checklist of an activation with its figures, and how the last activation stands',
    gates: 'modes',
    querystring: z.looseObject({ gate: gateNamed('The gate', wholeText) }),
    response: ActivationView,
    refusals: [409],
  },
  async answer(context, { query }) {
    const own = contextFor(context, query);
    const gate = gateInput(context.options.known.handlers, query.gate);
    const work = () => operationsIn(own).activation(gate);
    return await unlessRefused(() => askRedis(own, work, EVIDENCE_DEADLINE_MS));
  },
});

/** `POST /v1/activate` and `POST /v1/rollback`: the operations of the command line. */
export const activationChanges: readonly Route[] = [
  route({
    method: 'POST',
    url: '/activate',
    schema: {
      tags: ['Changes'],
      summary: 'Put a gate into its enforcing mode by its checklist, under watch',
      description: 'Refused where a line of the checklist is not as it should be, unless it is forced.',
      gates: 'modes',
      body: ActivateBody,
      response: Activated,
    },
    async answer(context, { body, query }) {
      const { gate, force, watch_sec, ...change } = body;
      const options = { force, watchMs: watch_sec * 1000 };
      const work = (operations: Operations) => operations.activate(gate, change, options);
      return await onPortfolio(context, query, work, EVIDENCE_DEADLINE_MS);
    },
  }),
  route({
    method: 'POST',
    url: '/rollback',
    schema: {
      tags: ['Changes'],
      summary: 'Put a gate back into the mode in which it only shows what it would do, or rehearse that',
      gates: 'modes',
      body: RollbackBody,
      response: z.union([RolledBack, Rehearsal]),
    },
    async answer(context, { body, query }) {
      const { gate, rehearse, ...change } = body;
      return await onPortfolio<RolledBack | Rehearsal>(context, query, (operations) =>
        rehearse ? operations.rehearseRollback(gate, change) : operations.rollBack(gate, change),
      );
    },
  }),
];

/** A gate that is given twice is refused, with all that was given. */
function wholeText(given: Query[string]): string | undefined {
  return given?.toString();
}

function gateInput(handlers: readonly AnyHandler[], given: string): string {
  try {
    return activatedGate(handlers, given).gate;
  } catch (error) {
    if (error instanceof Refusal) throw new HttpError(400, `gate: ${error.message}`);
    throw error;
  }
}
