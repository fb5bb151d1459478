import type { MetricSpec } from '../../../handlers/contract/handler.ts';
import type { AskAnswer } from '../../../schemas/api/permit.ts';
import type { HttpContext } from './context.ts';
import { HttpError } from './errors.ts';

const METRIC = 'portcullis_asks_total';
const OUTCOMES = ['granted', 'refused', 'timed_out', 'unknown', 'overloaded'] as const;
type AskOutcome = (typeof OUTCOMES)[number];

/** Asks for permits over HTTP by what they were answered. */
export const ASKS_METRIC: MetricSpec = {
  name: METRIC,
  type: 'counter',
  help: 'Asks for permits over HTTP: granted (a repeat too), refused, timed_out (504: no verdict by the deadline), unknown (503), overloaded (503: too many waited, not asked)',
  labels: ['outcome'],
  initial: OUTCOMES.map((outcome) => ({ outcome })),
};

/** Too many asks wait: this one was not made. */
export class Overloaded extends HttpError {}

/** The answer to an ask, counted by what it was. A request that could not be read was no ask. */
export async function counted(own: HttpContext, ask: () => Promise<AskAnswer>): Promise<AskAnswer> {
  const count = (outcome: AskOutcome | undefined) => {
    if (outcome !== undefined)
      own.runtime.metrics.apply([{ metric: METRIC, labels: { outcome } }], own.portfolio.prefix);
  };
  try {
    const answer = await ask();
    count(answer.granted ? 'granted' : 'refused');
    return answer;
  } catch (error) {
    count(outcomeOf(error));
    throw error;
  }
}

function outcomeOf(error: unknown): AskOutcome | undefined {
  if (error instanceof Overloaded) return 'overloaded';
  const status = error instanceof HttpError ? error.statusCode : 500;
  if (status === 504) return 'timed_out';
  if (status === 409) return 'refused';
  return status >= 500 ? 'unknown' : undefined;
}
