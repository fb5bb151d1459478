import { type HttpContext, redisAnswers } from './context.ts';
import { type LaneProblem, laneProblem } from './health.ts';

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

/** Health of a gate, in the shape of the risk governor's, with what holds its lanes: unhealthy while Redis does not answer or a lane is held. */
export async function gateHealth(context: HttpContext, gate: string, service: string): Promise<GateHealth> {
  const { runtime, portfolio } = context;
  const redisUp = await redisAnswers(context);
  const handlers = new Set(runtime.handlers.filter((handler) => handler.gate === gate).map(({ name }) => name));
  const problems = runtime.lanes().flatMap((lane) => (handlers.has(lane.handler) ? laneProblem(lane) : []));
  const mode = runtime.mode(portfolio, gate);
  const healthy = redisUp && problems.length === 0;
  return {
    code: healthy ? 200 : 503,
    body: { status: statusOf(healthy), service, mode, redis: redisOf(redisUp), problems },
  };
}

/** Health of the whole process: every gate it runs with its mode, and what holds any lane. */
export async function systemHealth(context: HttpContext): Promise<{ code: 200 | 503; body: unknown }> {
  const { runtime, portfolio, options } = context;
  const redisUp = await redisAnswers(context);
  const problems = runtime.lanes().flatMap(laneProblem);
  const gates = Object.fromEntries(options.gates.map((gate) => [gate, runtime.mode(portfolio, gate)]));
  const healthy = redisUp && problems.length === 0;
  const about = { service: 'portcullis', worker: runtime.workerName, gates };
  return {
    code: healthy ? 200 : 503,
    body: { status: statusOf(healthy), ...about, redis: redisOf(redisUp), problems },
  };
}

function statusOf(healthy: boolean): 'healthy' | 'unhealthy' {
  return healthy ? 'healthy' : 'unhealthy';
}

function redisOf(redisUp: boolean): 'connected' | 'disconnected' {
  return redisUp ? 'connected' : 'disconnected';
}
