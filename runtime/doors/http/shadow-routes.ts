import type { FastifyPluginAsync } from 'fastify';
import { judgesOf } from '../../../handlers/contract/faces.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { ShadowReport } from '../../../schemas/api/shadow.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import type { Moment } from '../../desk/decisions/moment.ts';
import { MixedLogError, report } from '../../desk/report/index.ts';
import { shadowReport } from '../../desk/report/shadow-report.ts';
import { REPORT_RULES, REPORT_SPAN_MS, storedMaterial } from '../../desk/report/stored.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { lastOf, momentInput, type Query } from './input.ts';
import { SharedWork } from './shared-work.ts';

/** What was read until then is reported on; what Redis leaves unanswered after it is given up. */
const READING_MS = 45_000;
const DEADLINE_MS = MINUTE_MS;
const TIMES = { keepMs: 10_000, waitMs: 20_000 };

/** `GET /v1/shadow`: what a gate decided over a time, how soundly, and what that came to; of each portfolio one is made at a time. */
export function registerShadowRoutes(context: HttpContext): FastifyPluginAsync {
  const work = new Map(context.runtime.portfolios.map(({ prefix }) => [prefix, new SharedWork<ShadowReport>(TIMES)]));
  return async (app) => {
    app.get<{ Querystring: Query }>('/shadow', async ({ query, signal }): Promise<ShadowReport> => {
      const own = contextFor(context, query);
      const judge = judgeInput(context.options.known.handlers, query.gate);
      const since = query.since === undefined ? beforeNow : momentInput('since', query.since);
      const name = `${judge.gate} ${lastOf(query.since) ?? ''}`;
      const made = (ending: AbortSignal) => reportOf(own, judge, since, ending);
      const shared = work.get(own.portfolio.prefix);
      if (shared === undefined) throw new Error(`expected a portfolio that is served, got ${own.portfolio.prefix}`);
      return await shared.ask(name, made, signal);
    });
  };
}

const beforeNow: Moment = (nowMs) => nowMs - REPORT_SPAN_MS;

async function reportOf(
  own: HttpContext,
  judge: AnyHandler,
  since: Moment,
  ending: AbortSignal,
): Promise<ShadowReport> {
  const { portfolio } = own;
  const signal = AbortSignal.any([ending, AbortSignal.timeout(READING_MS)]);
  try {
    return await askRedis(
      own,
      async (redis) => {
        const range = rangeOf(since, await portfolioNowMs(redis, portfolio));
        const material = storedMaterial(redis, portfolio);
        const about = { judge, range, signal, endsAtLast: true, portfolio: undefined };
        return shadowReport(await report({ ...material, ...REPORT_RULES, ...about }), portfolio.prefix);
      },
      DEADLINE_MS,
    );
  } catch (error) {
    if (error instanceof MixedLogError) throw new HttpError(409, error.message);
    throw error;
  }
}

function rangeOf(since: Moment, toMs: number): { fromMs: number; toMs: number } {
  const fromMs = since(toMs);
  if (fromMs < toMs) return { fromMs, toMs };
  throw new HttpError(400, `since: expected a moment before now, got ${new Date(fromMs).toISOString()}`);
}

function judgeInput(handlers: readonly AnyHandler[], given: Query[string]): AnyHandler {
  const text = lastOf(given) ?? '';
  const judges = judgesOf(handlers);
  const judge = judges.find(({ gate }) => gate === text);
  if (judge !== undefined) return judge;
  throw new HttpError(400, `gate: expected ${alternatives(judges.map(({ gate }) => gate))}, got ${quoted(text)}`);
}
