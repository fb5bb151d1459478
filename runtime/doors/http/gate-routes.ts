import { Gates } from '../../../schemas/api/gate.ts';
import { declaredGates } from '../../desk/overview/gates.ts';
import { type Route, route } from './route.ts';

/** `GET /v1/gates`: what every gate declares of itself, also those that other processes run. */
export const gateRoute: Route = route({
  method: 'GET',
  url: '/gates',
  schema: {
    tags: ['Now'],
    summary: 'What every gate declares: its modes, streams, limits, reasons and metrics, in words',
    response: Gates,
  },
  answer: async ({ options }) => declaredGates(options.known.handlers),
});
