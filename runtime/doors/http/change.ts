import type { Operations } from '../../desk/operations/operations.ts';
import { Refusal } from '../../engine/commit/operation.ts';
import { askRedis, contextNamed, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';

/** How long a change, and what is asked of Redis beside it, may take, ms. */
export const CHANGE_DEADLINE_MS = 10_000;

/** What can be done to the portfolio of a context. */
export function operationsIn({ options, portfolio }: HttpContext): Operations {
  return options.operationsOf(portfolio);
}

/** Does something to the portfolio that the request names; a change that is refused is a 409 with the refusal's own words. */
export async function onPortfolio<T>(
  context: HttpContext,
  query: unknown,
  work: (operations: Operations, own: HttpContext) => Promise<T>,
  deadlineMs = CHANGE_DEADLINE_MS,
): Promise<T> {
  const own = contextNamed(context, query);
  return await unlessRefused(() => askRedis(own, () => work(operationsIn(own), own), deadlineMs));
}

/** What comes of some work; a refusal is a 409 with its own words. */
export async function unlessRefused<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) throw new HttpError(409, error.message);
    throw error;
  }
}
