import type { Redis } from 'ioredis';
import { keys, runtimeKeys, streams } from '../../schemas/keys.ts';
import { timeOf } from '../../schemas/time.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { consumersOf } from '../engine/recovery.ts';
import { measureLag } from '../lag.ts';
import type { Portfolio } from '../portfolio.ts';
import { keyFindings } from './doctor-keys.ts';
import { broken, type Finding, ok, warn } from './findings.ts';
import type { LaneRef } from './lanes.ts';
import { gateModes } from './modes.ts';
import { scanKeys } from './scan.ts';
import { modesOf, tradingOf } from './status.ts';

const FOREIGN_WINDOW_MS = 60_000;
const SILENT_AFTER_SEC = 120;
const LATE_AFTER_MS = 60_000;

/** What of a portfolio must be so, or had better be so: streams, groups, workers, modes and what producers write. */
export async function portfolioFindings(
  redis: Redis,
  portfolio: Portfolio,
  lanes: readonly LaneRef[],
): Promise<Finding[]> {
  const ofLanes = await Promise.all(lanes.map((lane) => laneFindings(redis, portfolio, lane)));
  return [
    await workersFinding(redis, portfolio),
    ...ofLanes.flat(),
    ...(await keyFindings(redis, portfolio)),
    ...(await modeFindings(redis, portfolio)),
    await tradingFinding(redis, portfolio),
    await stateFinding(redis, portfolio),
    await snapshotsFinding(redis, portfolio),
  ];
}

async function workersFinding(redis: Redis, portfolio: Portfolio): Promise<Finding> {
  const start = portfolio.key(runtimeKeys.worker(''));
  const workers = new Set<string>();
  for await (const page of scanKeys(redis, start, 'string')) {
    for (const key of page) workers.add(key.slice(start.length));
  }
  if (workers.size > 0) return ok('workers', [...workers].sort().join(', '));
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

async function lagFinding(redis: Redis, lane: LaneRef): Promise<Finding> {
  const check = `stream ${lane.stream.name}`;
  const lag = await measureLag(redis, { stream: lane.stream.key, group: lane.group });
  const text = `group ${lane.group}: ${lag.undelivered} waiting, ${lag.pending} pending, ${lag.deadLetters} dead letters`;
  if (lag.ageMs > LATE_AFTER_MS) {
    return warn(
      check,
      `${text}, the oldest for ${Math.round(lag.ageMs / 1000)} s`,
      'Is a worker of this gate running?',
    );
  }
  if (lag.deadLetters > 0) return warn(check, text, `portcullis dlq list ${lane.stream.name}`);
  return ok(check, text);
}

async function foreignFindings(redis: Redis, portfolio: Portfolio, lane: LaneRef): Promise<Finding[]> {
  const ours = new Set(await redis.smembers(portfolio.key(runtimeKeys.consumers(lane.handler))));
  const consumers = await consumersOf(redis, lane.stream.key, lane.group);
  return consumers
    .filter(({ name, idleMs }) => !ours.has(name) && idleMs < FOREIGN_WINDOW_MS)
    .map(({ name, idleMs }) =>
      broken(
        `group ${lane.group}`,
        `consumer ${name} is not ours and was active ${Math.round(idleMs / 1000)} s ago`,
        'Stop that program: two programs in one group split the stream and both decide.',
      ),
    );
}

async function modeFindings(redis: Redis, portfolio: Portfolio): Promise<Finding[]> {
  return (await modesOf(redis, portfolio)).map(({ gate, mode }) => {
    const values: readonly string[] = gateModes[gate as keyof typeof gateModes];
    if (values.includes(mode)) return ok(`mode ${gate}`, mode);
    if (mode === '') return warn(`mode ${gate}`, 'not set', 'portcullis start sets it from the environment.');
    const todo = `portcullis mode ${gate} ${values[0]} --reason …`;
    return broken(`mode ${gate}`, `${JSON.stringify(mode)} is none of ${values.join(', ')}`, todo);
  });
}

async function tradingFinding(redis: Redis, portfolio: Portfolio): Promise<Finding> {
  const { kill, trading_state, armed } = await tradingOf(redis, portfolio);
  if (kill === 'on') return warn('trading', 'the kill switch is on: no permits', 'portcullis kill off --reason …');
  if (!armed) return warn('trading', 'disarmed: OPEN plans are refused', 'portcullis arm --reason …');
  if (trading_state === 'ACTIVE') return ok('trading', 'ACTIVE, armed, kill switch off');
  return warn('trading', `trading state ${trading_state}`, 'portcullis state ACTIVE --reason …');
}

async function stateFinding(redis: Redis, portfolio: Portfolio): Promise<Finding> {
  const key = portfolio.key(keys.portfolioState);
  const todo = `A producer must keep the hash ${key} (equity_usd, drawdown, timestamp) fresh.`;
  const type = await redis.type(key);
  if (type === 'none') return warn('portfolio state', 'missing: heat fails closed, no budgets', todo);
  if (type !== 'hash') return broken('portfolio state', `${key} is a ${type}`, todo);
  const state = fieldsOf(Object.entries(await redis.hgetall(key)).flat());
  const atMs = timeOf(state);
  if (atMs === undefined) return ok('portfolio state', `equity ${state.equity_usd ?? 'missing'}, without a time`);
  const age = await ageSec(redis, atMs);
  const text = `equity ${state.equity_usd ?? 'missing'}, ${age} s old`;
  return age > SILENT_AFTER_SEC ? warn('portfolio state', text, todo) : ok('portfolio state', text);
}

async function snapshotsFinding(redis: Redis, portfolio: Portfolio): Promise<Finding> {
  const key = portfolio.streamKey(streams.snapshots);
  const todo = `A producer must write positions to ${key}.`;
  const type = await redis.type(key);
  if (type === 'none') return warn('position snapshots', 'none was ever written: heat fails closed', todo);
  if (type !== 'stream') return broken('position snapshots', `${key} is a ${type}`, todo);
  const [newest] = await redis.xrevrange(key, '+', '-', 'COUNT', 1);
  if (newest === undefined) return warn('position snapshots', 'the stream is empty', todo);
  const age = await ageSec(redis, Number(newest[0].split('-')[0]));
  const text = `the newest is ${age} s old`;
  return age > SILENT_AFTER_SEC ? warn('position snapshots', text, todo) : ok('position snapshots', text);
}

async function ageSec(redis: Redis, atMs: number): Promise<number> {
  const [seconds] = await redis.time();
  return Math.max(0, Number(seconds) - Math.floor(atMs / 1000));
}
