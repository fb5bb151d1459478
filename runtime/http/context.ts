import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Operations } from '../ops/operations.ts';
import type { Portfolio } from '../portfolio.ts';
import type { Runtime } from '../types.ts';
import { HttpError } from './errors.ts';
import type { HttpPorts, Role } from './listeners.ts';

const REDIS_DEADLINE_MS = 2_000;
const PING_DEADLINE_MS = 1_000;

/** What the HTTP side needs to know besides the runtime. */
export interface HttpOptions {
  /** `HTTP_HOST`. */
  readonly host: string;
  readonly ports: HttpPorts;
  /** `ADMIN_TOKEN`, else one made for this process: there is always one. */
  readonly adminToken: string;
  /** The gates this process runs; the listeners and routes of others are not opened. */
  readonly gates: readonly string[];
  /** `P28_TEST_MODE`. */
  readonly p28TestMode: boolean;
  /** What operators do to the portfolio (`operationsOn`), for the routes under `/v1`. */
  readonly operations: Operations;
  /** The BullMQ queues that `/queues` shows. */
  readonly queues: readonly Queue[];
  /** Mean event-loop delay above which requests get 503; default 250 ms. */
  readonly maxEventLoopDelayMs?: number;
}

/** What every route works with. */
export interface HttpContext {
  readonly runtime: Runtime;
  readonly options: HttpOptions;
  /** The portfolio whose state is shown and changed: the first one served. */
  readonly portfolio: Portfolio;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The listeners beside 8040 on which this route is served. */
    roles?: readonly Role[];
    /** Set on routes that answer under pressure too. */
    pressureHandler?: () => void;
  }
}

/** Route configuration: also served on these listeners. */
export function servedOn(...roles: Role[]): { roles: readonly Role[] } {
  return { roles };
}

/** Route configuration: answers while the event loop is late, because watching (and stopping) must work then too. */
export const underPressureToo = { pressureHandler: () => undefined };

/** Asks Redis something; answers 503 at once while it is down, and after `deadlineMs` without a reply. */
export async function askRedis<T>(
  { runtime }: HttpContext,
  ask: (redis: Redis) => Promise<T>,
  deadlineMs = REDIS_DEADLINE_MS,
): Promise<T> {
  if (!runtime.redisUp()) throw new HttpError(503, 'expected a connected Redis, got none; it is being reconnected');
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = new HttpError(503, `expected Redis to answer within ${deadlineMs} ms, got nothing yet`);
    timer = setTimeout(() => reject(late), deadlineMs);
  });
  try {
    return await Promise.race([ask(runtime.redis), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether Redis answers within a second: a connection that stands and says nothing is as good as none. */
export async function redisAnswers(context: HttpContext): Promise<boolean> {
  const answer = askRedis(context, (redis) => redis.ping(), PING_DEADLINE_MS);
  return await answer.then(
    () => true,
    () => false,
  );
}
