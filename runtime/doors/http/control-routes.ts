import { z } from 'zod';
import {
  AccountMarkAnswer,
  AccountMarkBody,
  BecauseBody,
  ClearAnswer,
  ClearBody,
  KillAllAnswer,
  KillAnswer,
  KillBody,
  ModeAnswer,
  ModeBody,
  StateAnswer,
  StateBody,
} from '../../../schemas/api/change.ts';
import { Status } from '../../../schemas/api/status.ts';
import { identifierProblem } from '../../../schemas/wire.ts';
import type { KillChange } from '../../desk/switches/kill.ts';
import type { Change } from '../../engine/commit/operation.ts';
import { errorText } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { CHANGE_DEADLINE_MS, onPortfolio, operationsIn } from './change.ts';
import { askRedis, contextFor, type HttpContext, underPressureToo } from './context.ts';
import { HttpError } from './errors.ts';
import { identifierExpected, type Query } from './parameters.ts';
import { type Route, route } from './route.ts';

interface KilledPortfolio extends KillChange {
  readonly portfolio: string;
}

/** `GET /v1/status`: what the command line shows. */
export const statusRoute: Route = route({
  method: 'GET',
  url: '/status',
  schema: { tags: ['Now'], summary: 'What portcullis status shows', response: Status },
  async answer(context, { query }) {
    const own = contextFor(context, query);
    return await askRedis(own, () => operationsIn(own).status(), CHANGE_DEADLINE_MS);
  },
});

/** Turning the kill switch on needs no reason and no calm, and nobody who sends wrong tokens keeps an operator from it. */
const killRoute = route({
  method: 'POST',
  url: '/kill',
  schema: {
    tags: ['Changes'],
    summary: 'Turn the kill switch on or off',
    description:
      'Without `portfolio`, `"state":"on"` is for all portfolios: where there are several, the answer is a list.',
    body: KillBody,
    response: z.union([KillAnswer, KillAllAnswer]),
  },
  config: underPressureToo,
  isUrgent(context, { body, query }) {
    contextFor(context, query);
    return body.state === 'on';
  },
  async answer(context, { body, query }) {
    const { state, ...change } = body;
    if (state === 'on' && (query as Query).portfolio === undefined) return await killAll(context, change);
    return await onPortfolio(context, query, (operations) => operations.setKill(state === 'on', change));
  },
});

/** A body of which no member is wrong is refused for its symbol then. */
const ClearSymbolBody = ClearBody.transform(({ symbol, ...change }, context) => {
  if (symbol !== undefined && identifierProblem(symbol) === undefined) return { symbol, ...change };
  context.addIssue({ code: 'custom', path: ['symbol'], message: identifierExpected(symbol) });
  return z.NEVER;
});

/**
 * The operator's routes under `/v1`. Each change is made by the same operation as the command
 * line's, which records actor and reason in the ops ledger.
 */
export const controlRoutes: readonly Route[] = [
  killRoute,
  route({
    method: 'POST',
    url: '/arm',
    schema: {
      tags: ['Changes'],
      summary: 'Let plans that open a position be judged again',
      body: BecauseBody,
      response: StateAnswer,
    },
    async answer(context, { body, query }) {
      return await onPortfolio(context, query, (operations) => operations.arm(body));
    },
  }),
  route({
    method: 'POST',
    url: '/disarm',
    schema: {
      tags: ['Changes'],
      summary: 'Refuse every plan that opens a position',
      body: BecauseBody,
      response: StateAnswer,
    },
    async answer(context, { body, query }) {
      return await onPortfolio(context, query, (operations) => operations.disarm(body));
    },
  }),
  route({
    method: 'POST',
    url: '/state',
    schema: { tags: ['Changes'], summary: 'Set the trading state', body: StateBody, response: StateAnswer },
    async answer(context, { body, query }) {
      const { trading_state, ...change } = body;
      return await onPortfolio(context, query, (operations) => operations.setTradingState(trading_state, change));
    },
  }),
  route({
    method: 'POST',
    url: '/mode',
    schema: {
      tags: ['Changes'],
      summary: 'Put a gate into a mode',
      gates: 'modes',
      body: ModeBody,
      response: ModeAnswer,
    },
    async answer(context, { body, query }) {
      const { gate, mode, ...change } = body;
      return await onPortfolio(context, query, (operations) => operations.setMode(gate, mode, change));
    },
  }),
  route({
    method: 'POST',
    url: '/positions/clear',
    schema: { tags: ['Changes'], summary: 'Declare a position closed', body: ClearSymbolBody, response: ClearAnswer },
    async answer(context, { body, query }) {
      const { symbol, ...change } = body;
      return await onPortfolio(context, query, (operations) => operations.clearPosition(symbol, change));
    },
  }),
  route({
    method: 'POST',
    url: '/account/mark',
    schema: {
      tags: ['Changes'],
      summary: 'Set the high-water mark of the account, from which drawdown counts',
      body: AccountMarkBody,
      response: AccountMarkAnswer,
    },
    async answer(context, { body, query }) {
      const { usd, ...change } = body;
      return await onPortfolio(context, query, (operations) => operations.setAccountMark(usd, change));
    },
  }),
];

/** Whoever stops everything means everything: every portfolio served, though one of them cannot be reached. */
async function killAll(context: HttpContext, change: Change): Promise<KillChange | KilledPortfolio[]> {
  const switching = context.runtime.portfolios.map(async (portfolio) => {
    const own = { ...context, portfolio };
    const changed = await askRedis(own, () => operationsIn(own).setKill(true, change), CHANGE_DEADLINE_MS);
    return { portfolio: portfolio.prefix, ...changed };
  });
  const settled = await Promise.allSettled(switching);
  requireAll(settled, context.runtime.portfolios);
  const switched = await Promise.all(switching);
  const [only, ...others] = switched;
  if (only === undefined || others.length > 0) return switched;
  const { portfolio: _, ...alone } = only;
  return alone;
}

/** Throws where a portfolio was not switched; the error names it, and those that were switched all the same. */
function requireAll(settled: readonly PromiseSettledResult<KilledPortfolio>[], portfolios: readonly Portfolio[]): void {
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed === undefined) return;
  const on = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value.portfolio] : []));
  if (on.length === 0) throw failed.reason;
  const off = portfolios.map(({ prefix }) => prefix).filter((prefix) => !on.includes(prefix));
  const status = failed.reason instanceof HttpError ? failed.reason.statusCode : 503;
  throw new HttpError(
    status,
    `${errorText(failed.reason)}: not known to be on for ${off.join(', ')}; on for ${on.join(', ')}`,
  );
}
