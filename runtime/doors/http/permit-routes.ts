import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import {
  AskAnswer,
  AskBody,
  GiveBackAnswer,
  PermitResultAnswer,
  PermitResultBody,
} from '../../../schemas/api/permit.ts';
import { ApplyResult } from '../../../schemas/apply-result.ts';
import type { AskEnd } from '../../../schemas/governor.ts';
import { streams } from '../../../schemas/keys.ts';
import { Plan } from '../../../schemas/plan.ts';
import { quoted } from '../../../schemas/setting.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import { largestNow } from '../../desk/evaluate/index.ts';
import { reasonWords } from '../../engine/status/faces.ts';
import { type Answer, AskedAlready } from '../client/asks.ts';
import { flatEntry, UnusableEntry } from '../client/fields.ts';
import { NoVerdict } from '../client/verdict.ts';
import { counted } from './asks-metric.ts';
import { askRedis, contextNamed, contextShown, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { OfPlan } from './parameters.ts';
import { committedAnswer, permittedAsk } from './permit-record.ts';
import { type Route, route } from './route.ts';

const DEFAULT_STRATEGY = 'default';
const LOOKED_EVERY_MS = 10;
const GIVEN_BACK_WITHIN_MS = 1_000;

/** An entry that was sent, and what it was made of. */
interface SentEntry {
  id: string | undefined;
  readonly flat: readonly string[];
}

/** `POST /v1/permits`: one plan in the governor's own stream, and its verdict. */
const askRoute = route({
  method: 'POST',
  url: '/permits',
  schema: {
    tags: ['Permits'],
    summary: 'Ask for a permit, and be answered',
    description:
      'The permit is taken with the answer: nobody else has it. A repeat with the same `plan_id` and order gets the same permit while it is good. 503: it is not known whether there is a permit, ask again with the same `plan_id`. 504: there is none, and none can come any more.',
    body: AskBody,
    response: AskAnswer,
    refusals: [504],
  },
  config: { forTraders: true },
  async answer(context, request) {
    const { body } = request;
    const { own, strategy } = askedBy(context, request, body.strategy);
    const planId = body.plan_id ?? randomUUID();
    const answer = await counted(own, () => askedFor(own, strategy, { ...body, plan_id: planId }));
    if (answer.granted && !answer.repeated && request.raw.socket.destroyed) {
      await addResult(own, { plan_id: planId, symbol: body.symbol, executed: false, error: 'the asker hung up' });
    }
    return answer;
  },
});

/** What became of a permitted order. */
const resultRoute = route({
  method: 'POST',
  url: '/permits/:id/result',
  schema: {
    tags: ['Permits'],
    summary: 'Say what became of the order of a permit',
    description:
      'A rejected one gives its room back. Silence holds it until the position shows it, or for two minutes.',
    params: OfPlan,
    body: PermitResultBody,
    response: PermitResultAnswer,
    refusals: [404],
  },
  config: { forTraders: true },
  async answer(context, request) {
    const { outcome, ...told } = request.body;
    const { own, strategy } = askedBy(context, request);
    const planId = request.params.id;
    const { symbol } = await ownPermit(own, planId, strategy);
    const executed = outcome !== 'rejected';
    const id = await addResult(own, { plan_id: planId, symbol, executed, outcome, ...told });
    return { plan_id: planId, executed, id };
  },
});

/** Gives a permit back that was not used. */
const giveBackRoute = route({
  method: 'DELETE',
  url: '/permits/:id',
  schema: {
    tags: ['Permits'],
    summary: 'Give a permit back that was not used',
    params: OfPlan,
    response: GiveBackAnswer,
    refusals: [404],
  },
  config: { forTraders: true },
  async answer(context, request) {
    const { own, strategy } = askedBy(context, request);
    const planId = request.params.id;
    const { symbol, kept } = await ownPermit(own, planId, strategy);
    if (kept === ('permit_used' satisfies AskEnd)) {
      throw new HttpError(409, `expected a permit that was not used, got that of ${planId}, whose order was executed`);
    }
    const id = await addResult(own, { plan_id: planId, symbol, executed: false, error: 'given back' });
    return { plan_id: planId, given_back: await isGivenBack(own, planId), id };
  },
});

/** The routes by which strategies ask for permits. */
export const permitRoutes: readonly Route[] = [askRoute, resultRoute, giveBackRoute];

/** For whom something is asked or said. A strategy with a token of its own speaks for itself alone; an operator for any, `undefined` where none is named. */
export function askedBy(context: HttpContext, { requester, query }: FastifyRequest, named?: string) {
  const proven = requester?.role === 'trader' && isScratch(context, requester.trader.portfolio);
  const own = alone(proven ? contextShown(context, query) : contextNamed(context, query));
  if (requester?.role !== 'trader') return { own, strategy: named };
  const { strategy } = requester.trader;
  if (named === undefined || named === strategy) return { own, strategy };
  throw new HttpError(403, `strategy: expected ${strategy}, which the token is for, got ${quoted(named)}`);
}

/** Whether a token is for the scratch portfolio of a proof: no token that a setting names is. */
function isScratch({ options }: HttpContext, prefix: string | undefined): boolean {
  return prefix !== undefined && options.proofs?.runtimeOf(prefix) !== undefined;
}

/** Plans of a system that runs beside another belong to that one, which would execute them. */
function alone(own: HttpContext): HttpContext {
  if (own.portfolio.prefix === own.portfolio.outputPrefix) return own;
  throw new HttpError(409, 'expected a system that runs alone, got one beside another (OUTPUT_PREFIX): ask that one');
}

/** The verdict on an order. */
async function askedFor(
  own: HttpContext,
  strategy = DEFAULT_STRATEGY,
  body: AskBody & { readonly plan_id: string },
): Promise<AskAnswer> {
  const { plan_id: planId, timeout_ms: timeoutMs } = body;
  const sent: SentEntry = { id: undefined, flat: planEntry(body, strategy) };
  const { portfolio } = own;
  const sendOf = (replyTo: string) => async () => {
    const asking = [...sent.flat, 'reply_to', replyTo, 'timeout_ms', String(timeoutMs)];
    sent.id = await add(own, streams.plans, asking);
    return sent.id;
  };
  try {
    const redis = own.runtime.redisOf(portfolio);
    const answer = await own.permits.answer({ redis, portfolio, strategy, planId, timeoutMs }, sendOf);
    return await answered(own, planId, sent, answer);
  } catch (error) {
    if (!(error instanceof NoVerdict) || sent.id === undefined) throw unknownOutcome(error, planId);
    const deadlineMs = streamIdMs(sent.id) + timeoutMs;
    const committed = await committedAnswer(own, planId, { id: sent.id, deadlineMs });
    if (committed !== undefined) return await answered(own, planId, sent, committed);
    throw new HttpError(504, `${error.message} The plan can no longer get a permit`);
  }
}

/** Redis went away, or said what it never says: nobody knows what was committed. */
function unknownOutcome(error: unknown, planId: string): unknown {
  if (error instanceof HttpError) return error;
  if (error instanceof AskedAlready) return new HttpError(503, `${error.message}: ask again then`, 1);
  const why = error instanceof Error ? error.message : String(error);
  return new HttpError(503, `whether plan ${planId} has a permit is unknown: ${why}. Ask again with this plan_id`, 1);
}

async function answered(own: HttpContext, planId: string, sent: SentEntry, answer: Answer): Promise<AskAnswer> {
  if (answer.granted) {
    const { repeated, expires_at, permit } = answer;
    return { plan_id: planId, granted: true, repeated, expires_at, permit };
  }
  const { reason, checks } = answer;
  const handler = judgeOfPlans(own);
  const entry = fieldsOf(sent.flat);
  const words = reasonWords(handler, { reason, checks, symbol: entry.symbol ?? '' });
  if (reason === 'plan_id_taken') throw new HttpError(409, `${planId}: ${words}`);
  const { plan_id: _, ...unnamed } = entry;
  const largest =
    handler && checks.length > 0 ? await largestNow(own.runtime, own.portfolio, { handler, entry: unnamed }) : null;
  return { plan_id: planId, granted: false, reason, words, checks: [...checks], largest };
}

function judgeOfPlans({ options }: HttpContext) {
  return options.known.handlers.find(({ on }) => on.kind === 'stream' && on.stream === streams.plans);
}

function planEntry(body: AskBody & { readonly plan_id: string }, strategy: string): readonly string[] {
  const { plan_id, symbol, side, qty, notional_usd, price, reduce_only, resize, min_qty } = body;
  const action = reduce_only ? 'CLOSE' : side === 'BUY' ? 'OPEN_LONG' : 'OPEN_SHORT';
  const order = { plan_id, symbol, action, side, qty, notional_usd, price, strategy, decision: 'EXECUTE' };
  return readable(() =>
    flatEntry(Plan, { ...order, ...(reduce_only && { reduceOnly: true }), ...(resize && { resize: true, min_qty }) }),
  );
}

/** The permit of a plan that this strategy asked for; a 404 where there is none, or where it is another's. */
async function ownPermit(own: HttpContext, planId: string, strategy: string | undefined) {
  const found = await permittedAsk(own, planId);
  if (found !== undefined && (strategy === undefined || found.strategy === strategy)) return found;
  const whose = strategy === undefined ? '' : ` by ${strategy}`;
  throw new HttpError(404, `expected a plan that was asked for${whose} and permitted within a day, got ${planId}`);
}

async function addResult(own: HttpContext, result: Parameters<typeof flatEntry>[1]): Promise<string> {
  return await add(
    own,
    streams.results,
    readable(() => flatEntry(ApplyResult, result)),
  );
}

/** Adds an entry to a stream of the portfolio; answers with its id. */
export async function add(own: HttpContext, stream: string, flat: readonly string[]): Promise<string> {
  return await askRedis(own, async (redis) => {
    const id = await redis.xadd(own.portfolio.streamKey(stream), '*', ...flat);
    return String(id);
  });
}

async function isGivenBack(own: HttpContext, planId: string): Promise<boolean> {
  for (const endMs = performance.now() + GIVEN_BACK_WITHIN_MS; ; await wait(LOOKED_EVERY_MS)) {
    const found = await permittedAsk(own, planId);
    if (found?.kept === ('permit_given_back' satisfies AskEnd)) return true;
    if (performance.now() > endMs) return false;
  }
}

/** What an entry is made of; a 400 for one that could not be read. */
export function readable<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnusableEntry) throw new HttpError(400, error.message);
    throw error;
  }
}
