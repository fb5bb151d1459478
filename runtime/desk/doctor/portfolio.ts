import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { span } from '../../../schemas/amount-text.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { foreignConsumers } from '../../engine/host/workers.ts';
import type { LaneRef } from '../../engine/streams/lanes.ts';
import { redisNowMs } from '../../redis/clock.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { workersNow } from '../switches/workers-now.ts';
import { effectFindings } from './effect.ts';
import { broken, type Finding, ok, warn } from './findings.ts';
import { keyFindings } from './keys.ts';
import { lagFinding, modeFindings, setAsideFinding, snapshotsFinding, stateFinding } from './now.ts';
import { tradingOf } from './status.ts';
import { streamFindings } from './streams.ts';
import { webhookFindings } from './webhook.ts';

/** What of a portfolio must be so, or had better be so: streams, groups, workers, modes and what producers write. */
export async function portfolioFindings(
  redis: Redis,
  portfolio: Portfolio,
  lanes: readonly LaneRef[],
  handlers: readonly AnyHandler[],
): Promise<Finding[]> {
  const nowMs = await redisNowMs(redis);
  const ofLanes = await Promise.all(lanes.map((lane) => laneFindings(redis, portfolio, lane)));
  return [
    await workersFinding(redis, portfolio),
    ...ofLanes.flat(),
    ...(await keyFindings(redis, portfolio, handlers)),
    ...(await streamFindings(redis, portfolio, handlers, lanes)),
    ...(await modeFindings(redis, portfolio, handlers)),
    await tradingFinding(redis, portfolio),
    ...(await effectFindings(redis, portfolio, nowMs)),
    await stateFinding(redis, portfolio, nowMs),
    await snapshotsFinding(redis, portfolio, nowMs),
    await setAsideFinding(redis, portfolio),
    ...(await webhookFindings(redis, portfolio)),
  ];
}

async function workersFinding(redis: Redis, portfolio: Portfolio): Promise<Finding> {
  const workers = await workersNow(redis, portfolio);
  if (workers.length > 0) return ok('workers', workers.join(', '));
  return warn('workers', 'none is running', 'portcullis start');
}

async function laneFindings(redis: Redis, portfolio: Portfolio, lane: LaneRef): Promise<Finding[]> {
  const check = `stream ${lane.stream.name}`;
  const type = await redis.type(lane.stream.key);
  if (type === 'none') {
    return [warn(check, `${lane.stream.key} does not exist`, 'portcullis start creates it with its group.')];
  }
  if (type !== 'stream') {
    return [broken(check, `${lane.stream.key} is a ${type}`, `Rename it: ${lane.handler} reads a stream there.`)];
  }
  const groups = (await redis.xinfo('GROUPS', lane.stream.key)) as unknown[][];
  const exists = groups.some((group) => group[group.indexOf('name') + 1] === lane.group);
  if (!exists)
    return [warn(check, `has no group ${lane.group}`, 'portcullis start creates it, from the first entry on.')];
  return [await lagFinding(redis, lane), ...(await foreignFindings(redis, portfolio, lane))];
}

async function foreignFindings(redis: Redis, portfolio: Portfolio, lane: LaneRef): Promise<Finding[]> {
  const consumers = portfolio.key(runtimeKeys.consumers(lane.handler));
  const foreign = await foreignConsumers(redis, { stream: lane.stream.key, group: lane.group, consumers });
  return foreign.map(({ name, idleMs }) =>
    broken(
      `group ${lane.group}`,
      `consumer ${name} is not ours and was active ${span(idleMs / 1000)} ago`,
      'Stop that program: two programs in one group split the stream and both decide.',
    ),
  );
}

async function tradingFinding(redis: Redis, portfolio: Portfolio): Promise<Finding> {
  const { kill, trading_state, armed, restored_at, holds } = await tradingOf(redis, portfolio);
  if (kill === 'on') return warn('trading', 'the kill switch is on: no permits', 'portcullis kill off --reason …');
  if (restored_at !== null)
    return warn(
      'trading',
      'restored from a backup: plans sent before get no permit',
      'portcullis restore release --reason …',
    );
  const [hold] = holds;
  if (hold !== undefined) return warn('trading', `${hold.words}: OPEN plans wait`, hold.do);
  if (!armed) return warn('trading', 'disarmed: OPEN plans are refused', 'portcullis arm --reason …');
  if (trading_state === 'ACTIVE') return ok('trading', 'ACTIVE, armed, kill switch off');
  return warn('trading', `trading state ${trading_state}`, 'portcullis state ACTIVE --reason …');
}
