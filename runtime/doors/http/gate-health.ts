import { type LaneProblem, problemOfStream } from '../../engine/status/liveness.ts';
import { type HttpContext, redisAnswers, redisAnswersForAll } from './context.ts';
import { laneProblem } from './health.ts';

/** Status and body of a gate's own `GET /health`. */
export interface GateHealth {
  readonly code: 200 | 503;
  readonly body: {
    readonly status: 'healthy' | 'unhealthy';
    readonly service: string;
    readonly mode: string;
    readonly redis: 'connected' | 'disconnected';
    readonly problems: readonly LaneProblem[];
  };
}

/** Health of a gate on a portfolio, in the shape of the risk governor's, with what holds its lanes: unhealthy while Redis does not answer or a lane is held. */
export async function gateHealth(context: HttpContext, gate: string, service: string): Promise<GateHealth> {
  const { runtime, portfolio } = context;
  const redisUp = await redisAnswers(context);
  const handlers = new Set(runtime.handlers.filter((handler) => handler.gate === gate).map(({ name }) => name));
  const problems = runtime
    .lanes()
    .flatMap((lane) => (lane.portfolio === portfolio.prefix && handlers.has(lane.handler) ? laneProblem(lane) : []));
  const mode = runtime.mode(portfolio, gate);
  const healthy = redisUp && problems.length === 0;
  return {
    code: healthy ? 200 : 503,
    body: { status: statusOf(healthy), service, mode, redis: redisOf(redisUp), problems },
  };
}

/** Health of a gate that tells its mode and whether Redis answers (contract §3). */
export function modeHealth(service: string, mode: string, redisUp: boolean): { code: 200 | 503; body: object } {
  return { code: redisUp ? 200 : 503, body: { status: statusOf(redisUp), service, mode, redis: redisOf(redisUp) } };
}

/** Health of the whole process: every gate it runs with its mode on the portfolio, what holds any lane, feeds that are not fresh (degraded: the gates go on), and the portfolios where they are several. */
export async function systemHealth(context: HttpContext): Promise<{ code: 200 | 503; body: unknown }> {
  const { runtime, portfolio, options } = context;
  const redisUp = await redisAnswersForAll(context);
  const problems = [...runtime.lanes().flatMap(laneProblem), ...runtime.streamProblems().map(problemOfStream)];
  const served = runtime.portfolios.map(({ prefix }) => prefix);
  const gates = Object.fromEntries(options.gates.map((gate) => [gate, runtime.mode(portfolio, gate)]));
  const healthy = redisUp && problems.length === 0;
  const feeds = options.feedProblems?.() ?? [];
  const about = {
    service: 'portcullis',
    worker: runtime.workerName,
    gates,
    ...(served.length > 1 && { portfolio: portfolio.prefix, portfolios: served }),
  };
  return {
    code: healthy ? 200 : 503,
    body: {
      status: healthy && feeds.length > 0 ? 'degraded' : statusOf(healthy),
      ...about,
      redis: redisOf(redisUp),
      problems,
      feeds,
    },
  };
}

function statusOf(healthy: boolean): 'healthy' | 'unhealthy' {
  return healthy ? 'healthy' : 'unhealthy';
}

function redisOf(redisUp: boolean): 'connected' | 'disconnected' {
  return redisUp ? 'connected' : 'disconnected';
}
