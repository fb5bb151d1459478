import { z } from 'zod';
import { BecauseBody } from '../../../schemas/api/change.ts';
import { Strategies, StrategyPaused } from '../../../schemas/api/strategy.ts';
import { strategyProblem } from '../../../schemas/asker.ts';
import { quoted } from '../../../schemas/setting.ts';
import { CHANGE_DEADLINE_MS, onPortfolio, operationsIn } from './change.ts';
import { askRedis, contextFor } from './context.ts';
import { HttpError } from './errors.ts';
import { type Route, route } from './route.ts';

const OfStrategy = z.object({ strategy: z.string().describe('The name by which it asks') });

/** `GET /v1/strategies`: what `portcullis strategy list` shows. */
export const strategiesRoute: Route = route({
  method: 'GET',
  url: '/strategies',
  schema: { tags: ['Now'], summary: 'The strategies that ask for permits', response: Strategies },
  async answer(context, { query }) {
    const own = contextFor(context, query);
    return await askRedis(own, () => operationsIn(own).strategies(), CHANGE_DEADLINE_MS);
  },
});

const change = (verb: 'pause' | 'resume', summary: string) =>
  route({
    method: 'POST',
    url: `/strategies/:strategy/${verb}`,
    schema: {
      tags: ['Changes'],
      summary,
      params: OfStrategy,
      body: BecauseBody,
      response: StrategyPaused,
    },
    async answer(context, { params, body, query }) {
      const strategy = strategyOf(params.strategy);
      return await onPortfolio(context, query, (operations) =>
        operations.setStrategyPaused(strategy, verb === 'pause', body),
      );
    },
  });

/** Pausing a strategy, and letting it open again. */
export const strategyChanges: readonly Route[] = [
  change('pause', 'Let a strategy open nothing; its closes pass'),
  change('resume', 'Let a strategy open positions again'),
];

function strategyOf(name: string): string {
  const problem = strategyProblem(name);
  if (problem === undefined) return name;
  throw new HttpError(400, `strategy: expected ${problem}, got ${quoted(name)}`);
}
