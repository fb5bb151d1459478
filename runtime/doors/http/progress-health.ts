import type { Redis } from 'ioredis';
import { parseTimeMs, streamIdMs } from '../../../schemas/time.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import { type LagTarget, measureLag } from '../../engine/status/lag.ts';
import { errorText } from '../../redis/problem.ts';
import { askRedis, type HttpContext } from './context.ts';

/** The body of `GET /health` of a gate that tells its progress (contract §2); the figures are null while Redis cannot be asked. */
interface ProgressHealth {
  readonly status: 'ok' | 'degraded' | 'error';
  readonly last_ts_epoch: number | null;
  readonly last_loop_ms: number;
  readonly backlog: number | null;
}

/** How far a gate is: `error` (503) while Redis is down, `degraded` when its last loop failed, else `ok`. Backlog is pending + undelivered. */
export async function progressHealth(
  context: HttpContext,
  gate: string,
): Promise<{ code: 200 | 503; body: ProgressHealth }> {
  const { runtime, portfolio } = context;
  const lane = runtime.lanes().find((one) => one.handler === gate && one.portfolio === portfolio.prefix);
  const last_loop_ms = Math.round(lane?.lastLoopMs ?? 0);
  try {
    const progress = lane === undefined ? NO_PROGRESS : await askRedis(context, (redis) => progressOf(redis, lane));
    const status = lane === undefined || lane.failed ? 'degraded' : 'ok';
    return { code: 200, body: { status, last_ts_epoch: progress.lastEpoch, last_loop_ms, backlog: progress.backlog } };
  } catch (error) {
    runtime.log.warn(`${gate} health: Redis could not be asked: ${errorText(error)}`);
    return { code: 503, body: { status: 'error', last_ts_epoch: null, last_loop_ms, backlog: null } };
  }
}

interface Progress {
  readonly lastEpoch: number;
  readonly backlog: number;
}

const NO_PROGRESS: Progress = { lastEpoch: 0, backlog: 0 };

async function progressOf(redis: Redis, lane: LagTarget): Promise<Progress> {
  const { pending, undelivered, lastDeliveredId } = await measureLag(redis, lane);
  return { lastEpoch: await epochOf(redis, lane.stream, lastDeliveredId), backlog: pending + undelivered };
}

/** Whole Unix seconds of the entry that was delivered last: its `ts_epoch`, else the time of its id; 0 before the first. */
async function epochOf(redis: Redis, stream: string, id: string): Promise<number> {
  if (id === '0-0') return 0;
  const [entry] = await redis.xrange(stream, id, id);
  const timeMs = parseTimeMs(fieldsOf(entry?.[1] ?? []).ts_epoch) ?? streamIdMs(id);
  return Math.floor(timeMs / 1000);
}
