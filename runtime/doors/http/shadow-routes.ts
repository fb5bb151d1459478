import { z } from 'zod';
import { judgesOf } from '../../../handlers/contract/faces.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { ShadowReport } from '../../../schemas/api/shadow.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import type { Moment } from '../../../schemas/moment.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import { htmlOf } from '../../desk/report/html/html.ts';
import { pageOf } from '../../desk/report/html/index.ts';
import { type GateReport, MixedLogError, report } from '../../desk/report/index.ts';
import { shadowReport } from '../../desk/report/shadow-report.ts';
import { notPlayed, REPORT_RULES, REPORT_SPAN_MS, storedMaterial } from '../../desk/report/stored.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { gateNamed, lastOf, moment, type Query, span } from './parameters.ts';
import { type Route, route } from './route.ts';

/** What was read until then is reported on; what Redis leaves unanswered after it is given up. */
const READING_MS = 45_000;
const DEADLINE_MS = MINUTE_MS;

const Asked = z.looseObject({
  gate: gateNamed('The gate: heat-gate, risk-governor, governor, or one of your own that decides'),
  since: moment('From when on, by default the last 48 hours'),
  horizon: span('How long a kept part is followed at most, by default 24h'),
});

const judgeFirst: Route['first'] = (context, { query }) =>
  void judgeOf(contextFor(context, query), lastOf((query as Query).gate) ?? '');

/** `GET /v1/shadow`: what a gate decided over a time, how soundly, and what that came to. */
const shadowRoute = route({
  method: 'GET',
  url: '/shadow',
  schema: {
    tags: ['Decisions'],
    summary: 'What a gate changed over a time, or would have: how soundly, and what that came to',
    description:
      'The shadow report of `portcullis report`. One is made at a time for each portfolio; who asks the same within ten seconds shares it.',
    querystring: Asked,
    response: ShadowReport,
    refusals: [409],
  },
  first: judgeFirst,
  async answer(context, { query, signal }) {
    const own = contextFor(context, query);
    return shadowReport(await sharedReport(own, query, signal), own.portfolio.prefix);
  },
});

/** `GET /v1/shadow/page`: the whole report as a page of its own, to be saved. */
const pageRoute = route({
  method: 'GET',
  url: '/shadow/page',
  schema: {
    tags: ['Decisions'],
    summary: 'The same report as one HTML file that needs nothing else',
    description:
      'What `portcullis report --html` writes, with all symbols and hours. Made and shared as that of `/v1/shadow`.',
    querystring: Asked,
    response: 'text/html',
    refusals: [409],
  },
  first: judgeFirst,
  async answer(context, { query, signal }, reply) {
    const page = htmlOf(pageOf(await sharedReport(contextFor(context, query), query, signal)));
    const file = `portcullis-${encodeURIComponent(query.gate)}.html`;
    reply.type('text/html; charset=utf-8').header('Content-Disposition', `attachment; filename="${file}"`);
    return page;
  },
});

/** What a gate decided over a time, as figures and as a page. */
export const shadowRoutes: readonly Route[] = [shadowRoute, pageRoute];

async function sharedReport(own: HttpContext, query: z.output<typeof Asked>, signal: AbortSignal): Promise<GateReport> {
  const { gate, since = beforeNow, horizon: horizonMs = REPORT_RULES.horizonMs } = query;
  const judge = judgeOf(own, gate);
  // A span and a time are told apart by what they come to at two moments.
  const name = [gate, since(0), since(1), horizonMs].join(' ');
  const shared = own.shadowReports.get(own.portfolio.prefix);
  if (shared === undefined) throw new Error(`expected a portfolio that is served, got ${own.portfolio.prefix}`);
  return await shared.ask(name, (ending) => reportOf(own, judge, { since, horizonMs }, ending), signal);
}

const beforeNow: Moment = (nowMs) => nowMs - REPORT_SPAN_MS;

async function reportOf(
  own: HttpContext,
  judge: AnyHandler,
  { since, horizonMs }: { readonly since: Moment; readonly horizonMs: number },
  ending: AbortSignal,
): Promise<GateReport> {
  const { portfolio } = own;
  const signal = AbortSignal.any([ending, AbortSignal.timeout(READING_MS)]);
  try {
    return await askRedis(
      own,
      async (redis) => {
        const range = rangeOf(since, await portfolioNowMs(redis, portfolio));
        const material = storedMaterial(redis, portfolio);
        const about = { judge, range, signal, endsAtLast: true, portfolio: undefined, played: notPlayed(judge.gate) };
        return await report({ ...material, ...REPORT_RULES, horizonMs, ...about });
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

function judgeOf({ options }: HttpContext, given: string): AnyHandler {
  const judges = judgesOf(options.known.handlers);
  const judge = judges.find(({ gate }) => gate === given);
  if (judge !== undefined) return judge;
  throw new HttpError(400, `gate: expected ${alternatives(judges.map(({ gate }) => gate))}, got ${quoted(given)}`);
}
